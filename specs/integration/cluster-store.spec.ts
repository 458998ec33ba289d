import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';

/** A process with another store than its cluster's says so and ends, before anybody of the cluster has heard of it. */
describe('cluster of processes: another store than the cluster has', () => {
  it('a task manager is refused, and told where the cluster keeps its jobs', async () => {
    const stage = await ClusterStage.start('folder');
    await stage.jobManager();
    const other = join(folderWith({}), 'other');
    const { code, stderr } = await stage.weir('taskmanager', '--name', 'tm-1', '--checkpoints', other);
    expect(code).toBe(1);
    expect(stderr).toContain(`Cluster 'default' keeps its jobs and checkpoints in ${join(stage.folder, 'store')}`);
    expect(stderr).toContain(`this process was started with ${other}.`);
    expect(stderr).toMatch(/Process jm of the cluster answered.*STORE_MISMATCH/s);
  });

  it('a job manager is refused while task managers work with the store; the right one takes over as if nothing had been', async () => {
    const stage = await ClusterStage.start('folder');
    const [leader] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1'), stage.taskManager('tm-2')]);
    expect(await stage.submitFlights(5_000)).toMatchObject({ code: 0 });
    await stage.committedParts(1);
    leader.kill('SIGKILL');
    await leader.ended;
    const { code, stderr } = await stage.weir('jobmanager', '--http-port', '0', '--store', 'nats');
    expect(code).toBe(1);
    expect(stderr).toMatch(/was started with NATS\..+Process tm-\d of the cluster answered.*STORE_MISMATCH/s);
    const next = await stage.jobManager();
    await next.until('stderr', /job flights ended: finished/);
    expect(await stage.differences()).toEqual([]);
  });

  it('when nobody of the cluster is left, a new one begins where the first process says', async () => {
    const stage = await ClusterStage.start('folder');
    const leader = await stage.jobManager();
    leader.kill('SIGTERM');
    await leader.ended;
    const other = stage.withStore('nats');
    const next = await other.jobManager();
    expect(next.stderr).toMatch(/nobody answers in cluster 'default', which kept its jobs in \S+store; it begins anew/);
    await other.taskManager('tm-1');
  });
});
