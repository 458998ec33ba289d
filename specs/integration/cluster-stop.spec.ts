import { describe, expect, it } from 'vitest';
import { ClusterStage } from './cluster-stage.js';

const ended = /job flights ended: (\w+)/;

/** The committed flights are the first of each file, each once with the fold that follows, and not all of them. */
async function expectPrefix(stage: ClusterStage): Promise<void> {
  const committed = (await stage.prefixes()).reduce((sum, count) => sum + count, 0);
  expect(committed).toBeGreaterThan(0);
  expect(await stage.differences()).toEqual([`${committed} of 20000 flights are committed`]);
}

describe('cluster of processes: stop', () => {
  it('a job that is stopped commits exactly what it had read, and finishes; doing it again says so', async () => {
    const stage = await ClusterStage.start('folder');
    const [leader] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1'), stage.taskManager('tm-2')]);
    expect(await stage.submitFlights(1_000)).toMatchObject({ code: 0 });
    await stage.committedParts(2);
    const stopped = await stage.weir('stop', 'flights');
    expect(stopped).toMatchObject({ code: 0, stdout: '' });
    expect(stopped.stderr).toContain('job flights is stopping: it reads nothing more');
    await leader.until('stderr', ended);
    expect(ended.exec(leader.stderr)?.[1]).toBe('finished');
    await expectPrefix(stage);
    expect(await stage.weir('stop', 'flights')).toMatchObject({
      code: 0,
      stderr: 'job flights has finished already\n',
    });
    expect(await stage.weir('stop', 'other')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('JOB_UNKNOWN'),
    });
  });

  it('stopped while it recovers from the loss of a task manager, and the leader is killed once it has promised', async () => {
    const stage = await ClusterStage.start('folder');
    const [leader, first] = await Promise.all([
      stage.jobManager(),
      stage.taskManager('tm-1'),
      stage.taskManager('tm-2'),
    ]);
    expect(await stage.submitFlights(1_000)).toMatchObject({ code: 0 });
    await stage.committedParts(2);
    first.kill('SIGKILL');
    await leader.until('stderr', /job flights pausing/);
    expect(await stage.weir('stop', 'flights')).toMatchObject({ code: 0 });
    leader.kill('SIGKILL');
    await leader.ended;
    const [next] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1')]);
    await next.until('stderr', ended);
    expect(ended.exec(next.stderr)?.[1]).toBe('finished');
    await expectPrefix(stage);
  });
});
