import { describe, expect, it } from 'vitest';
import { ClusterStage, saidAtMs } from './cluster-stage.js';

/** Far more than a recovery takes on a loaded machine, and less than what a heartbeat timeout alone would. */
const detectionMsMax = 2_500;
/** The same, and less than what is left of a heartbeat timeout when the next job manager leads. */
const registrationMsMax = 1_000;
const ended = /job flights ended: (\w+)/;

describe('cluster of processes: recovery', () => {
  it('a task manager that holds a keyed subtask is killed, and comes back', async () => {
    const stage = await ClusterStage.start('folder');
    const [leader, first] = await Promise.all([
      stage.jobManager(),
      stage.taskManager('tm-1'),
      stage.taskManager('tm-2'),
    ]);
    expect(await stage.submitFlights(4_000)).toMatchObject({ code: 0, stdout: 'flights\n' });
    await stage.committedParts(2);
    expect(first.stderr).toMatch(/slot 0: flights \[.+#\d/);
    const killedAtMs = Date.now();
    first.kill('SIGKILL');
    await leader.until('stderr', /job flights pausing/);
    expect(saidAtMs(leader, /job flights pausing/) - killedAtMs).toBeLessThan(detectionMsMax);
    await stage.taskManager('tm-1');
    await leader.until('stderr', ended);
    expect(ended.exec(leader.stderr)?.[1]).toBe('finished');
    expect(await stage.differences()).toEqual([]);
  });

  it('the job manager is killed, and the next one goes on from what is stored', async () => {
    const stage = await ClusterStage.start('nats');
    const starting = [stage.taskManager('tm-1'), stage.taskManager('tm-2')] as const;
    const [leader, first] = await Promise.all([stage.jobManager(), ...starting]);
    expect(await stage.submitFlights(4_000)).toMatchObject({ code: 0 });
    await stage.committedParts(2);
    leader.kill('SIGKILL');
    await leader.ended;
    const next = await stage.jobManager();
    expect(next.stderr).toContain("leads cluster 'default' with epoch 2");
    await next.until('stderr', /job flights running/);
    // Task managers hear it announce itself, and wait for no timeout.
    expect(first.stderr).toContain('a job manager has started; registering again');
    expect(saidAtMs(next, /tm-1 registered/) - saidAtMs(next, /leads cluster/)).toBeLessThan(registrationMsMax);
    await next.until('stderr', ended);
    expect(next.stderr).toContain('job flights restoringState');
    expect(ended.exec(next.stderr)?.[1]).toBe('finished');
    expect(await stage.differences()).toEqual([]);
  });

  it('nats-server is killed and started again: the job goes on, and nothing is lost', async () => {
    const stage = await ClusterStage.start('folder');
    const [leader] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1'), stage.taskManager('tm-2')]);
    expect(await stage.submitFlights(4_000)).toMatchObject({ code: 0 });
    await stage.committedParts(2);
    await stage.server.restart('SIGKILL');
    await leader.until('stderr', /connection to NATS is back/);
    await leader.until('stderr', ended);
    expect(leader.stderr).not.toMatch(/task manager tm-\d lost/);
    expect(ended.exec(leader.stderr)?.[1]).toBe('finished');
    expect(await stage.differences()).toEqual([]);
  });
});
