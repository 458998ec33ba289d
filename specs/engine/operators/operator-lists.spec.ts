import { describe, expect, it } from 'vitest';
import type { ProcessContext } from '../../../src/operators/function-operator.js';
import { OperatorLists, type OperatorStateAccess } from '../../../src/operators/operator-lists.js';
import { type ProcessFunction, ProcessOperator } from '../../../src/operators/process.js';
import type { ListState } from '../../../src/state/keyed-state.js';
import { opened } from './operator-run.js';

const checkpoint = { epoch: 1, n: 1 };
const at = (subtaskIndex: number, parallelism: number) => ({ uid: 'count', subtaskIndex, parallelism });
const empty = { from: null, items: [] };

/** Snapshots of subtasks that hold these entries, as one list each. */
function snapshots(name: string, mode: 'list' | 'union', ...values: readonly (readonly unknown[])[]): unknown[] {
  return values.flatMap((own, subtask) => {
    const lists = new OperatorLists(at(subtask, values.length), empty);
    const list = mode === 'list' ? lists.listState(name) : lists.unionListState(name);
    list.update(own);
    return lists.snapshot();
  });
}

/** What the subtasks of a run with that parallelism find. */
function found(items: readonly unknown[], parallelism: number, mode: 'list' | 'union', name = 'l'): unknown[] {
  return Array.from({ length: parallelism }, (_, index) => {
    const lists = new OperatorLists(at(index, parallelism), { from: checkpoint, items });
    expect(lists.isRestored).toBe(true);
    return (mode === 'list' ? lists.listState(name) : lists.unionListState(name)).get();
  });
}

describe('operator state: redistribution', () => {
  it('list: each keeps its own while the parallelism stays', () => {
    expect(found(snapshots('l', 'list', [1, 2], [], [3]), 3, 'list')).toEqual([[1, 2], [], [3]]);
  });

  it('list: entries are put one behind the other and cut into even parts at another parallelism', () => {
    const items = snapshots('l', 'list', [1, 2], [3, 4, 5]);
    expect(found(items, 3, 'list')).toEqual([[1, 2], [3, 4], [5]]);
    expect(found(items, 1, 'list')).toEqual([[1, 2, 3, 4, 5]]);
    expect(found([...items].reverse(), 7, 'list')).toEqual([[1], [2], [3], [4], [5], [], []]);
  });

  it('union list: everyone gets all', () => {
    const items = snapshots('l', 'union', [1], [2]);
    expect(found(items, 2, 'union')).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(found(items, 1, 'union')).toEqual([[1, 2]]);
  });

  it('what the code no longer asks for is kept, each entry once', () => {
    for (const mode of ['list', 'union'] as const) {
      const items = snapshots('old', mode, [1, 2], [3]);
      const kept = [0, 1, 2].flatMap((index) =>
        new OperatorLists(at(index, 3), { from: checkpoint, items }).snapshot(),
      );
      expect(found(kept, 1, mode, 'old')).toEqual([[1, 2, 3]]);
    }
  });

  it('a list is no union list of the same name', () => {
    const lists = new OperatorLists(at(0, 1), empty);
    lists.listState('l');
    expect(() => lists.unionListState('l')).toThrow(expect.objectContaining({ code: 'STATE_CONFLICT' }));
  });

  it('what was handed out does not change', () => {
    const list = new OperatorLists(at(0, 1), empty).listState<number>('l');
    list.add(1);
    const before = list.get();
    list.add(2);
    expect([before, list.get()]).toEqual([[1], [1, 2]]);
  });

  it('says who needs it: everyone when one list is a union', () => {
    const lists = new OperatorLists(at(0, 1), empty);
    lists.listState('l');
    expect(lists.kind).toBe('operatorSplit');
    lists.unionListState('u');
    expect(lists.kind).toBe('operatorUnion');
  });
});

class Count implements ProcessFunction<string, number> {
  private count = 0;
  private kept!: ListState<number>;

  initializeState({ listState }: OperatorStateAccess): void {
    this.kept = listState<number>('count');
    for (const part of this.kept.get()) this.count += part;
  }
  snapshotState(): void {
    this.kept.update([this.count]);
  }
  processElement(_value: string, context: ProcessContext<number>): void {
    this.count += 1;
    context.emit(this.count);
  }
}

describe('operator state: initializeState and snapshotState', () => {
  it('a function without a key goes on from what it kept', () => {
    const first = new ProcessOperator(new Count());
    opened(first, null);
    first.process('a', 1);
    first.process('b', 2);
    const items = first.snapshot(checkpoint);
    first.process('c', 3);
    const second = new ProcessOperator(new Count());
    const { output } = opened(second, null, { restored: { from: checkpoint, items } });
    second.process('c', 3);
    expect(output.all).toEqual([[3, 3]]);
  });

  it('state of another operator is refused', () => {
    const operator = new ProcessOperator(new Count());
    const restored = { from: checkpoint, items: [{ checkpoint, committables: [] }] };
    expect(() => opened(operator, null, { restored })).toThrow(expect.objectContaining({ code: 'STATE_UNREADABLE' }));
  });
});
