import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../../actors/kernel/effect.js';
import type { CheckpointId } from '../../../../actors/protocol/ids.js';
import type { TraceRecord } from '../../../../src/ports/telemetry.js';
import type { CheckerContext } from '../../../../src/simulation/checker.js';
import { eachIdOnce } from '../../../../src/simulation/checkers/i6-each-id-once.js';

const id = (n: number): CheckpointId => ({ epoch: 1, n });
const place = { slot: 0, subtask: 'count#0', run: 1 };

function stepWith(...effects: Effect[]): TraceRecord {
  return {
    seq: 1,
    cause: null,
    process: 'tm-1',
    incarnation: 'tm-1.1',
    actor: 'subtask/sim/1/count#0',
    atMs: 0,
    message: { type: 'subtask.triggerCheckpoint' },
    from: null,
    verdict: { kind: 'taken' },
    fromState: 'running',
    toState: 'running',
    contextPatch: {},
    effects,
  };
}
const trigger = (n: number): TraceRecord => stepWith({ kind: 'task.trigger', ...place, checkpoint: id(n), base: null });
const abort = (n: number): TraceRecord => stepWith({ kind: 'task.abort', ...place, checkpoint: id(n) });

describe('I6: each id once', () => {
  const watch = (...records: readonly TraceRecord[]) => {
    const checker = eachIdOnce({} as CheckerContext);
    return () => {
      for (const record of records) checker.trace?.(record);
    };
  };

  it('stays silent while ids increase and each is aborted once', () => {
    expect(watch(trigger(1), abort(1), trigger(2), trigger(4), abort(4))).not.toThrow();
  });

  it('race 2: fires when a barrier goes in that is older than the newest, or the same', () => {
    expect(watch(trigger(2), trigger(1))).toThrow('the barrier of checkpoint 1-1 after 1-2');
    expect(watch(trigger(2), trigger(2))).toThrow('the barrier of checkpoint 1-2 after 1-2');
  });

  it('race 3: fires when a checkpoint is aborted again', () => {
    expect(watch(abort(1), trigger(2), abort(1))).toThrow('aborts checkpoint 1-1 a second time');
  });
});
