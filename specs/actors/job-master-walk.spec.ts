import { describe, expect, it } from 'vitest';
import { openQuestions } from '../../actors/job-master/questions.js';
import { failure } from '../../actors/protocol/failure.js';
import type { LogEntry } from '../../actors/protocol/manifest.js';
import { epoch, JobStage, manifest, slotA, slotB, userFailure } from './job-master-stage.js';

/** A small generator, so that a walk is a function of its seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const trouble = failure('STORE_FAILED', 'infrastructure', 'EIO');

/** One thing that may happen next, however unlikely. */
function happen(stage: JobStage, pick: (below: number) => number): void {
  const { run } = stage;
  const question = stage.open[pick(Math.max(1, stage.open.length))];
  const timer = Object.keys(stage.driver.running)[0];
  const slot = pick(2) === 0 ? slotA : slotB;
  switch (pick(14)) {
    case 0:
      return void (question !== undefined && stage.expire(question));
    case 1:
      return void (question !== undefined && stage.absent(question));
    case 2:
      return void (timer !== undefined && stage.elapse(timer));
    case 3:
      return void stage.fails(pick(4) === 0 ? userFailure : trouble);
    case 4:
      return void stage.tell({ type: 'resourceManager.taskManagerLost', ...slot, reason: 'missed' });
    case 5:
      return void stage.tell({
        type: 'resourceManager.slotLost',
        run: run - pick(2),
        slot,
        reason: pick(2) === 0 ? 'gone' : 'stuck',
      });
    case 6:
      return void (stage.waits && stage.loses());
    case 7:
      return void (stage.waits && stage.says('record.failed', { failure: trouble }));
    case 8: {
      // A checkpoint of the run becomes complete.
      if (stage.at !== 'running') return;
      const n = stage.context.round * 1_000_000 + stage.log.length;
      const entry = { format: 1, job: 'flights', index: stage.log.length, epoch, nonce: `jm-1/${epoch}/${n}` };
      return void stage.log.push({ ...entry, kind: 'checkpoint', checkpoint: manifest({ epoch, n }) } as LogEntry);
    }
    case 9:
      return void (pick(10) === 0 && stage.tell({ type: 'jobMaster.cancel' }));
    case 10:
      return void stage.tell({ type: 'checkpointCoordinator.failed', run: run - pick(2), failure: trouble });
    default:
      return void stage.play();
  }
}

describe('job-master: whatever happens, in whatever order', () => {
  it.each(Array.from({ length: 100 }, (_, seed) => [seed]))('seed %i', (seed) => {
    const pick = numbers(seed);
    const stage = new JobStage();
    for (let steps = 0; steps < 300 && !stage.driver.done; steps += 1) {
      happen(stage, pick);
      // What the host repeats is what the context says is open: nothing is forgotten, nothing asked in vain.
      const { context } = stage;
      const expected = openQuestions(context).map(({ what, subject }) => `${what}/${stage.run}/${subject}`);
      expect([...stage.open].sort()).toEqual([...expected].sort());
      // The log has no gap, and each entry is the one of its place.
      expect(stage.log.map((entry) => (entry as LogEntry).index)).toEqual(stage.log.map((_, index) => index));
      // A run goes on from the newest checkpoint that is complete (I6).
      if (stage.at === 'redistributing') {
        const complete = stage.log.filter((entry) => (entry as LogEntry).kind === 'checkpoint').at(-1);
        expect(context.latest).toEqual((complete as { checkpoint?: unknown } | undefined)?.checkpoint ?? null);
      }
      // Nobody is told of an end that is not durable (I17).
      expect(stage.told('dispatcher')).toHaveLength(stage.driver.done ? 1 : 0);
      if (stage.driver.done) expect(stage.told('dispatcher')).toMatchObject([{ result: stage.result }]);
    }
    // After the last fault the job comes to its end (I19).
    for (let scenes = 0; !stage.driver.done; scenes += 1) {
      expect(scenes, `still ${stage.at}`).toBeLessThan(100);
      stage.play();
    }
  });
});
