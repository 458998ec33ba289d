import { describe, expect, it } from 'vitest';
import { restorable } from '../../../../src/simulation/checkers/i7-restorable.js';
import { CraftedRun, id, manifest, part, run2 } from './crafted-run.js';

const complete = (run: CraftedRun, n: number): string => {
  const snapshot = run.items(`blob-${n}`, 'in', ['x', n]);
  run.complete(manifest({ id: id(n), subtasks: [part('in#0', [snapshot])] }));
  return snapshot.operatorState?.blob.name ?? '';
};

describe('I7: restorable', () => {
  it('is silent when only what is subsumed is deleted', () => {
    const run = new CraftedRun(restorable);
    const first = complete(run, 1);
    complete(run, 2);
    run.write('delete', first);
    run.recovered(run2, id(2));
    run.checker.ended?.();
  });

  it('fires at a crash, at a recovery and at the end when a blob is gone or damaged', () => {
    const moments: ((run: CraftedRun) => void)[] = [
      (run) => run.checker.crashed?.('tm-1', 1),
      (run) => run.recovered(run2, id(1)),
      (run) => run.checker.ended?.(),
    ];
    for (const moment of moments) {
      const run = new CraftedRun(restorable);
      const blob = complete(run, 1);
      run.write('put', blob, Buffer.from('something else'));
      expect(() => moment(run)).toThrow('I7: checkpoint 1-1 cannot be restored');
    }
  });
});
