import { describe, expect, it } from 'vitest';
import type { Split } from '../../../../actors/protocol/manifest.js';
import { oneOwnerPerSplit } from '../../../../src/simulation/checkers/i16-one-owner-per-split.js';
import { address, CraftedRun, id, manifest, message, part, run1, run2 } from './crafted-run.js';

const split = (name: string): Split => ({ id: name, data: null });

const assign = (run: CraftedRun, reader: string, splits: readonly Split[], of = run1): void =>
  run.trace({
    actor: 'source-coordinator/sim/in',
    effects: [
      {
        kind: 'ask',
        id: `assign/${reader}`,
        to: address('tm-1', 1, `subtask/sim/${of}/${reader}`),
        message: message('subtask.assignSplits', { run: of, assignment: 1, splits, noMore: false }),
        everyMs: 1,
        deadlineMs: 1,
      },
    ],
  });

const cut = (run: CraftedRun, n: number, owners: { enumerator: string[]; first: string[]; second: string[] }): void =>
  run.complete(
    manifest({
      id: id(n),
      enumerators: [{ uid: 'in', discovered: true, unassigned: owners.enumerator.map(split) }],
      subtasks: [
        part('in#0', [run.items(`a${n}`, 'in', owners.first.map(split))]),
        part('in#1', [run.items(`b${n}`, 'in', owners.second.map(split))]),
        part('out#0'),
      ],
    }),
  );

describe('I16: one owner per split', () => {
  it('is silent when splits are assigned once and stand with one owner in each checkpoint', () => {
    const run = new CraftedRun(oneOwnerPerSplit);
    run.recovered(run1);
    assign(run, 'in#0', [split('a')]);
    assign(run, 'in#1', [split('b')]);
    assign(run, 'in#1', []);
    cut(run, 1, { enumerator: ['c'], first: ['a'], second: ['b'] });
    run.recovered(run2, id(1));
    assign(run, 'in#0', [split('c')], run2);
  });

  it('fires when a checkpoint has a split with two readers, or with a reader and the enumerator', () => {
    const both = () => cut(new CraftedRun(oneOwnerPerSplit), 1, { enumerator: [], first: ['a'], second: ['a'] });
    expect(both).toThrow('I16: checkpoint 1-1 has split a of in with in#0 and with in#1');
    const either = () => cut(new CraftedRun(oneOwnerPerSplit), 1, { enumerator: ['a'], first: ['a'], second: [] });
    expect(either).toThrow('with the enumerator and with in#0');
  });

  it('fires when a run assigns a split twice', () => {
    const run = new CraftedRun(oneOwnerPerSplit);
    run.recovered(run1);
    assign(run, 'in#0', [split('a')]);
    expect(() => assign(run, 'in#1', [split('a')])).toThrow('run 1.1 assigned split a of in to');
  });

  it('fires when a run assigns what a reader of its checkpoint goes on with', () => {
    const run = new CraftedRun(oneOwnerPerSplit);
    cut(run, 1, { enumerator: ['c'], first: ['a'], second: [] });
    run.recovered(run2, id(1));
    expect(() => assign(run, 'in#0', [split('a')], run2)).toThrow('which checkpoint 1-1 has given away');
  });
});
