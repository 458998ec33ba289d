import { describe, expect, it } from 'vitest';
import { nothingNeededIsDeleted } from '../../../../src/simulation/checkers/i8-nothing-needed-is-deleted.js';
import { itemsBytes } from '../../../../src/task/checkpoint/plain-items.js';
import { CraftedRun, id, job, manifest, part, run1 } from './crafted-run.js';

const complete = (run: CraftedRun, n: number): string => {
  const snapshot = run.items(`blob-${n}`, 'in', ['x', n]);
  run.complete(manifest({ id: id(n), subtasks: [part('in#0', [snapshot])] }));
  return snapshot.operatorState?.blob.name ?? '';
};

const sweep = (run: CraftedRun, keep: readonly string[]): void =>
  run.trace({ effects: [{ kind: 'blobs.sweep', job, keep, throughRun: run1, request: 'sweep' }] });

describe('I8: nothing needed is deleted', () => {
  it('is silent when what is subsumed goes, and what is written again is the same', () => {
    const run = new CraftedRun(nothingNeededIsDeleted);
    const first = complete(run, 1);
    const second = complete(run, 2);
    run.write('delete', first);
    run.write('put', second, itemsBytes(['x', 2]));
    run.checker.ended?.();
  });

  it('fires when a blob of the newest checkpoint is deleted or replaced', () => {
    const deleted = new CraftedRun(nothingNeededIsDeleted);
    const blob = complete(deleted, 1);
    expect(() => deleted.write('delete', blob)).toThrow('I8: a delete took what checkpoint 1-1 refers to');
    const replaced = new CraftedRun(nothingNeededIsDeleted);
    complete(replaced, 1);
    expect(() => replaced.write('put', blob, Buffer.from('other'))).toThrow('I8: a put took what');
  });

  it('fires when a sweep after the healing leaves what nobody keeps', () => {
    const run = new CraftedRun(nothingNeededIsDeleted);
    const kept = complete(run.at(10), 1);
    run.items('orphan', 'in', ['y']);
    run.heal();
    sweep(run.at(20), [kept]);
    expect(() => run.checker.ended?.()).toThrow('is an orphan that a sweep has left');
  });

  it('is silent about orphans of unlucky calls before the healing, and of writes that land after a sweep', () => {
    const run = new CraftedRun(nothingNeededIsDeleted);
    run.items('left', 'in', ['y']);
    sweep(run.at(10), []);
    run.checker.ended?.();
    const late = new CraftedRun(nothingNeededIsDeleted);
    late.heal();
    sweep(late.at(10), []);
    late.at(20).items('late', 'in', ['y']);
    late.checker.ended?.();
  });
});
