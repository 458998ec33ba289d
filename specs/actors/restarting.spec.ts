import { describe, expect, it } from 'vitest';
import { jobMasterActor } from '../../actors/job-master/machine.js';
import { failure } from '../../actors/protocol/failure.js';
import { failureClass } from '../../actors/protocol/failure-class.js';
import { defaultExponentialDelay, type RestartStrategy } from '../../actors/protocol/restart-strategy.js';
import { brokenChannel, graphWith, JobStage, userFailure } from './job-master-stage.js';

const staged = (restart: RestartStrategy): JobStage => new JobStage({ graph: graphWith({ restart }) });

/** Fails in its own code, and says how long the next run is waited with; null when there is none. */
function fails(stage: JobStage, why = userFailure): number | null {
  stage.until('running').fails(why);
  if (stage.context.intent === 'fail') return null;
  return stage.until('backingOff').context.restarting.delayMs;
}

const plain = { ...defaultExponentialDelay, jitter: 0 };
const timers = (stage: JobStage): Readonly<Record<string, number>> => stage.driver.running;

describe('restart strategies: exponential delay', () => {
  it('each delay is longer than the one before, up to the longest, and there is no last one', () => {
    const stage = staged({ ...plain, delayMaxMs: 4_000 });
    const delays = Array.from({ length: 6 }, () => fails(stage));
    expect(delays).toEqual([1_000, 1_500, 2_250, 3_375, 4_000, 4_000]);
    expect(Object.values(timers(stage))).toContain(4_000);
  });

  it('after its time without a failure the job is as if it had never failed', () => {
    const stage = staged(plain);
    fails(stage);
    fails(stage);
    expect(timers(stage)['failure.outlived']).toBe(plain.resetAfterMs + 1_500);
    stage.until('running').elapse('failure.outlived');
    expect(stage.context.restarting.counted).toBe(0);
    expect(fails(stage)).toBe(1_000);
  });

  it('a timer of an older failure, already on its way, resets nothing', () => {
    const stage = staged(plain);
    fails(stage);
    fails(stage);
    stage.until('running').tell({ type: 'failure.outlived', failure: 1 });
    expect(fails(stage)).toBe(2_250);
  });

  it('is spread by the jitter, differently for each run and always the same for one', () => {
    const delays = () => {
      const stage = staged({ ...defaultExponentialDelay, delayMaxMs: 1e9, multiplier: 2 });
      return Array.from({ length: 8 }, (_, n) => (fails(stage) as number) / (1_000 * 2 ** n));
    };
    const shares = delays();
    expect(delays()).toEqual(shares);
    expect(new Set(shares).size).toBeGreaterThan(6);
    expect(shares.every((share) => share >= 0.9 && share <= 1.1)).toBe(true);
    expect(Math.min(...shares)).toBeLessThan(1);
    expect(Math.max(...shares)).toBeGreaterThan(1);
  });

  it('a lost process makes no delay longer and counts for nothing', () => {
    const stage = staged({ ...plain, attempts: 2 });
    fails(stage);
    fails(stage);
    for (let n = 0; n < 5; n += 1) expect(fails(stage, brokenChannel)).toBe(1_000);
    expect(stage.context.restarting.counted).toBe(2);
    expect(fails(stage)).toBeNull();
  });
});

describe('restart strategies: the others', () => {
  it('none: the first failure of its own code ends the job, and a lost process does not', () => {
    const stage = staged({ kind: 'none' });
    expect(fails(stage, brokenChannel)).toBe(1_000);
    expect(fails(stage)).toBeNull();
    expect(stage.until('failed').result).toMatchObject({ outcome: 'failed' });
  });

  it('failure rate: as many as may within the interval, and each is forgotten by itself', () => {
    const stage = staged({ kind: 'failureRate', failuresMax: 2, intervalMs: 60_000, delayMs: 50 });
    expect(fails(stage)).toBe(50);
    expect(fails(stage)).toBe(50);
    expect(timers(stage)).toMatchObject({ 'failure.outlived/1': 60_000, 'failure.outlived/2': 60_000 });
    stage.until('running').elapse('failure.outlived/1');
    expect(fails(stage)).toBe(50);
    expect(fails(stage)).toBeNull();
  });

  it('fixed delay: failures are never forgotten', () => {
    const stage = staged({ kind: 'fixedDelay', attempts: 1, delayMs: 10 });
    expect(fails(stage)).toBe(10);
    expect(Object.keys(timers(stage)).filter((timer) => timer.startsWith('failure.'))).toEqual([]);
    expect(fails(stage)).toBeNull();
  });

  it('another leader: what is counted begins anew, and what failed before is known', () => {
    const strategy = { kind: 'fixedDelay', attempts: 1, delayMs: 10 } as const;
    const stage = staged(strategy);
    fails(stage);
    const [past] = stage.context.history;
    if (past === undefined) throw new Error('nothing was noted');
    const before = { ...past, run: past.run - 2 ** 20 };
    const next = staged(strategy)
      .until('running')
      .tell({ type: 'failureHistory.recalled', failures: [before] });
    expect([next.context.history, next.context.restarting.counted]).toEqual([[before], 0]);
    expect(fails(next)).toBe(10);
    expect(fails(next)).toBeNull();
    expect(next.context.history.map(({ run }) => run)).toEqual([before.run, past.run, past.run + 1]);
  });

  it('a failure that a restart would meet again starts no timer', () => {
    const stage = staged(plain)
      .until('running')
      .fails({ ...userFailure, retry: 'never' });
    expect(timers(stage)).not.toHaveProperty('failure.outlived');
  });

  it('is forgotten in every state that the job can be in', () => {
    const states = Object.entries(jobMasterActor.states).filter(([, { type }]) => type !== 'final');
    expect(states.length).toBeGreaterThan(9);
    expect(jobMasterActor.on).toHaveProperty(['failure.outlived']);
  });
});

describe('restart strategies: what people are told', () => {
  it('the strategy, how many failures count of how many, and the delay while it lasts', () => {
    const stage = staged({ ...plain, attempts: 5 });
    fails(stage);
    const described = () => {
      stage.ask({
        type: 'jobMaster.describe',
        ask: { id: 'client', from: { process: 'c', incarnation: 'c1', actor: 'c' } },
      });
      const answered = stage.every('answer').at(-1)?.message as unknown as {
        job: { restart: object; failures: object[] };
      };
      return answered.job;
    };
    expect(described().restart).toMatchObject({ counted: 1, countedMax: 5, delayMs: 1_000, run: stage.run });
    expect(described().failures).toMatchObject([{ class: 'code', where: 'v2#0' }]);
    expect(stage.waitingFor).toEqual(['restart delay of 1000 ms']);
  });
});

describe('classes of failures', () => {
  it.each([
    ['USER_ERROR', 'user', 'code'],
    ['CHANNEL_GAP', 'infrastructure', 'connection'],
    ['TASK_MANAGER_LOST', 'infrastructure', 'connection'],
    ['CHECKPOINT_DAMAGED', 'infrastructure', 'corruption'],
    ['FRAME_CORRUPT', 'infrastructure', 'corruption'],
    ['STORE_FULL', 'infrastructure', 'resources'],
    ['SLOT_OUT_OF_MEMORY', 'user', 'resources'],
    ['INVARIANT', 'internal', 'engine'],
    ['toString', 'user', 'code'],
  ] as const)('%s (%s) is of %s', (code, domain, expected) => {
    expect(failureClass(failure(code, domain, ''))).toBe(expected);
  });
});
