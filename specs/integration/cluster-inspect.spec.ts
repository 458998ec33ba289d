import { describe, expect, it } from 'vitest';
import { type InspectEvent, inspectCluster } from 'weirflow/inspect';
import { WeirProcess } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';

describe('cluster of processes: inspect', () => {
  it('shows the actors of all processes, and a recovery after a task manager is killed', async () => {
    const stage = await ClusterStage.start('folder');
    const [, first] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1'), stage.taskManager('tm-2')]);
    expect(await stage.submitFlights(4_000)).toMatchObject({ code: 0 });
    await stage.committedParts(1);

    const table = await stage.weir('inspect', '--snapshot', 'job-master', 'tm-2');
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/^PROCESS +ACTOR +STATE +FOR +WAITS FOR\njm +job-master\/flights +running +\d/);
    expect(table.stdout).toMatch(/^tm-2 +slot\/0 +active +\d/m);

    const watching = new WeirProcess(['inspect', '--job', 'flights', ...stage.target], stage.folder);
    await watching.until('stdout', /^tm-1 +subtask\/flights\/.+ running/m);
    first.kill('SIGKILL');
    await watching.until('stdout', / jm job-master\/flights running → pausing on resourceManager\.taskManagerLost/);
    await stage.taskManager('tm-1');
    await watching.until('stdout', / jm job-master\/flights rewindingSources → running on /);
    // It was not there when the watching began: its subtasks are seen as they start, or told to run when it joins in.
    await watching.until('stdout', /tm-1 subtask\/flights\/1048578\/\S+ (ready → running on task\.started|is running)/);
    expect(watching.stdout).not.toContain('heartbeat/');
    watching.kill('SIGINT');
    expect(await watching.ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('as a library: actors, then steps as they happen; as JSON, one object a line', async () => {
    const stage = await ClusterStage.start('nats', 'watched');
    await Promise.all([stage.jobManager(), stage.taskManager('tm-1')]);
    const inspection = await inspectCluster({ servers: [stage.server.url], cluster: 'watched', steps: 'all' });
    expect(inspection.actors).toMatchObject([
      { process: 'jm', actor: 'dispatcher', state: 'serving' },
      { process: 'jm', role: 'heartbeat', state: 'alive' },
      { process: 'jm', actor: 'resource-manager', state: 'serving' },
      { process: 'tm-1', actor: 'slot/0', state: 'free' },
      { process: 'tm-1', actor: 'task-manager', state: 'serving' },
    ]);
    const steps: InspectEvent[] = [];
    for await (const event of inspection) {
      steps.push(event);
      const types = steps.map((each) => (each.kind === 'step' ? each.message.type : each.kind));
      if (types.includes('taskManager.heartbeat')) break;
    }
    await inspection.close();
    const { stdout } = await stage.weir('inspect', '--no-follow', '-o', 'json', 'slot');
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'actor', process: 'tm-1', actor: 'slot/0', waitsFor: [] });
  });

  it('nobody answers: says so by the deadline', async () => {
    const stage = await ClusterStage.start('nats');
    const { code, stderr } = await stage.weir('inspect', '--wait', '1');
    expect(code).toBe(1);
    expect(stderr).toMatch(/No process of cluster 'default' answered within 1 s\. Start one .+NO_PROCESS_ANSWERS/s);
  });
});
