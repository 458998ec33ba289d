import { describe, expect, it } from 'vitest';
import type { CheckpointManifest, SubtaskSnapshot } from '../../../../actors/protocol/manifest.js';
import { completeCheckpoint } from '../../../../src/simulation/checkers/i5-complete-checkpoint.js';
import { CraftedRun, id, manifest, message, part, run1 } from './crafted-run.js';

const reports = (run: CraftedRun, snapshot: SubtaskSnapshot, n = 1): void =>
  run.trace({
    process: 'tm-1',
    actor: `subtask/sim/${run1}/${snapshot.subtask}`,
    message: message('task.snapshotted', { checkpoint: id(n), snapshot }),
  });

/** A run in which every subtask has reported what the manifest says. */
function reported(checkpoint: CheckpointManifest, run = new CraftedRun(completeCheckpoint)): CraftedRun {
  for (const snapshot of checkpoint.subtasks) reports(run, snapshot);
  return run;
}

describe('I5: complete checkpoint', () => {
  it('is silent when every subtask has one part, reported and durable, or had finished', () => {
    const run = new CraftedRun(completeCheckpoint);
    const withState = manifest({
      subtasks: [part('in#0', [run.items('a', 'in', ['x'])]), part('out#0')],
      finished: ['in#1'],
    });
    reported(withState, run).complete(withState);
  });

  it('fires when a part is missing, or there twice', () => {
    const missing = manifest({ subtasks: [part('in#0'), part('out#0')] });
    expect(() => reported(missing).complete(missing)).toThrow('but nothing of in#1');
    const twice = manifest({ finished: ['in#0'] });
    expect(() => reported(twice).complete(twice)).toThrow('in#0 takes part twice');
  });

  it('fires when a part is of another checkpoint, or not what was reported', () => {
    const run = new CraftedRun(completeCheckpoint);
    for (const snapshot of manifest().subtasks) reports(run, snapshot, 2);
    expect(() => run.complete(manifest())).toThrow('never reported its part');
    const changed = manifest({ subtasks: [{ ...part('in#0'), drained: true }, part('in#1'), part('out#0')] });
    expect(() => reported(manifest()).complete(changed)).toThrow('the part of in#0 is not what it reported');
  });

  it('fires when a blob is not there, or damaged', () => {
    for (const spoil of ['delete', 'put'] as const) {
      const run = new CraftedRun(completeCheckpoint);
      const snapshot = run.items('a', 'in', ['x']);
      const checkpoint = manifest({ subtasks: [part('in#0', [snapshot]), part('in#1'), part('out#0')] });
      reported(checkpoint, run);
      run.write(spoil, snapshot.operatorState?.blob.name ?? '', new Uint8Array(snapshot.operatorState?.bytes ?? 0));
      expect(() => run.complete(checkpoint)).toThrow('is not durable');
    }
  });

  it('fires when a subtask has a key group that belongs to another', () => {
    const run = new CraftedRun(completeCheckpoint);
    const range = run.state('a', Buffer.from('state'));
    const group = { keyGroup: 100, watermark: 0, ranges: [range] };
    const foreign = part('in#0', [{ uid: 'in', serializers: [], keyGroups: [group], operatorState: null }]);
    const checkpoint = manifest({ subtasks: [foreign, part('in#1'), part('out#0')] });
    expect(() => reported(checkpoint, run).complete(checkpoint)).toThrow('in#0/in has key group 100');
  });
});
