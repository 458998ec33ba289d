import { beforeEach, describe, expect, it } from 'vitest';
import { type Failure, failure } from '../../../actors/protocol/failure.js';
import type { CheckpointId } from '../../../actors/protocol/ids.js';
import type { Lifecycle, Settle } from '../../../src/operators/operator.js';
import type { Sink, SinkWriter } from '../../../src/operators/sink.js';
import { SinkOperator } from '../../../src/operators/sink-operator.js';
import { fresh, operatorRun } from './operator-run.js';

/** An outside system that commits in two phases: transactions are open until they are committed or aborted. */
class Store {
  readonly open = new Map<string, readonly string[]>();
  readonly committed = new Map<string, readonly string[]>();
  /** Calls that wait, when the store is slow; `answer` settles the oldest. */
  readonly waiting: (() => void)[] = [];
  slow = false;
  readonly calls: string[] = [];

  answer(): void {
    this.waiting.shift()?.();
  }

  rows(): string[] {
    return [...this.committed.values()].flat().sort();
  }
}

/** Puts each key, the first letter of a record, into a transaction of its own. */
class StoreWriter implements SinkWriter<string, string> {
  private readonly store: Store;
  private readonly attempt: string;
  private buffered = new Map<string, string[]>();
  private prepared: string[] = [];
  private transactions = 0;

  constructor(store: Store, attempt: string) {
    this.store = store;
    this.attempt = attempt;
  }

  write(value: string): void {
    const key = value.slice(0, 1);
    this.buffered.set(key, [...(this.buffered.get(key) ?? []), value]);
  }

  ready(): boolean {
    return this.buffered.size < 3;
  }

  prepare(_checkpoint: CheckpointId, settle: Settle): Lifecycle {
    return this.work('prepare', settle, () => {
      for (const rows of this.buffered.values()) {
        const id = `${this.attempt}-${this.transactions++}`;
        this.store.open.set(id, rows);
        this.prepared.push(id);
      }
      this.buffered = new Map();
      return null;
    });
  }

  take(): readonly string[] {
    const taken = this.prepared;
    this.prepared = [];
    return taken;
  }

  commit(ids: readonly string[], settle: Settle): Lifecycle {
    return this.work(`commit ${ids.join(' ')}`, settle, () => {
      for (const id of ids) {
        const rows = this.store.open.get(id);
        if (rows !== undefined) this.store.committed.set(id, rows);
        else if (!this.store.committed.has(id)) return failure('TRANSACTION_LOST', 'infrastructure', `${id} is lost`);
        this.store.open.delete(id);
      }
      return null;
    });
  }

  abortOthers(committed: readonly string[], settle: Settle): Lifecycle {
    return this.work(`abortOthers ${committed.join(' ')}`, settle, () => {
      this.store.open.clear();
      return null;
    });
  }

  close(): void {
    this.store.calls.push('close');
  }

  private work(call: string, settle: Settle, work: () => Failure | null): Lifecycle {
    this.store.calls.push(call.trim());
    if (!this.store.slow) {
      const failed = work();
      if (failed === null) return 'done';
      this.store.waiting.push(() => settle(failed));
      return 'pending';
    }
    this.store.waiting.push(() => settle(work()));
    return 'pending';
  }
}

const checkpoint = (n: number, epoch = 1): CheckpointId => ({ epoch, n });

describe('sink operator', () => {
  let store: Store;
  let settled: (Failure | null)[];
  const settle: Settle = (failed) => settled.push(failed);

  beforeEach(() => {
    store = new Store();
    settled = [];
  });

  /** An attempt that has opened with the given operator state. */
  function attempt(
    name: string,
    items: readonly unknown[] = [],
    from: CheckpointId | null = null,
  ): SinkOperator<string, string> {
    const sink: Sink<string, string> = { name: 'store', createWriter: () => new StoreWriter(store, name) };
    const operator = new SinkOperator(sink);
    const result = operator.open(operatorRun(null).context, items.length === 0 ? fresh : { from, items }, settle);
    if (!store.slow) expect(result).toBe('done');
    return operator;
  }

  function write(operator: SinkOperator<string, string>, ...records: string[]): void {
    for (const record of records) operator.process(record, 0);
  }

  /** The operator state that a checkpoint holds, as it is after it was stored. */
  function snapshot(operator: SinkOperator<string, string>, id: CheckpointId): readonly unknown[] {
    expect(operator.prepareCheckpoint(id, settle)).toBe('done');
    return JSON.parse(JSON.stringify(operator.snapshot(id))) as unknown[];
  }

  it('commits nothing before its checkpoint is complete', () => {
    const operator = attempt('t');
    write(operator, 'a1', 'b1');
    expect(snapshot(operator, checkpoint(1))).toEqual([{ checkpoint: checkpoint(1), committables: ['t-0', 't-1'] }]);
    write(operator, 'a2');
    expect(store.rows()).toEqual([]);
    expect(operator.checkpointCompleted(checkpoint(1), settle)).toBe('done');
    expect(store.rows()).toEqual(['a1', 'b1']);
    expect(snapshot(operator, checkpoint(2))).toEqual([{ checkpoint: checkpoint(2), committables: ['t-2'] }]);
  });

  it('has nothing in a snapshot when nothing was written', () => {
    const operator = attempt('t');
    expect(snapshot(operator, checkpoint(1))).toEqual([]);
    expect(operator.checkpointCompleted(checkpoint(1), settle)).toBe('done');
    expect(store.calls).toEqual(['abortOthers', 'prepare']);
  });

  it('completion of 2 overtakes completion of 1: both are committed at once, and the late one finds nothing', () => {
    const operator = attempt('t');
    write(operator, 'a1');
    snapshot(operator, checkpoint(1));
    write(operator, 'a2');
    snapshot(operator, checkpoint(2));
    expect(operator.checkpointCompleted(checkpoint(2), settle)).toBe('done');
    expect(store.calls.at(-1)).toBe('commit t-0 t-1');
    expect(operator.checkpointCompleted(checkpoint(1), settle)).toBe('done');
    expect(operator.checkpointCompleted(checkpoint(2), settle)).toBe('done');
    expect(store.calls.filter((call) => call.startsWith('commit'))).toEqual(['commit t-0 t-1']);
    expect(store.rows()).toEqual(['a1', 'a2']);
  });

  it('completion of an earlier checkpoint leaves the later one alone', () => {
    const operator = attempt('t');
    write(operator, 'a1');
    snapshot(operator, checkpoint(1));
    write(operator, 'a2');
    snapshot(operator, checkpoint(2));
    operator.checkpointCompleted(checkpoint(1), settle);
    expect(store.rows()).toEqual(['a1']);
    expect(operator.snapshot(checkpoint(3))).toEqual([{ checkpoint: checkpoint(2), committables: ['t-1'] }]);
  });

  it('an aborted checkpoint goes with the next one that completes', () => {
    const operator = attempt('t');
    write(operator, 'a1');
    snapshot(operator, checkpoint(1));
    operator.checkpointAborted(checkpoint(1));
    write(operator, 'a2');
    const items = snapshot(operator, checkpoint(2));
    expect(items).toHaveLength(2);
    operator.checkpointCompleted(checkpoint(2), settle);
    expect(store.rows()).toEqual(['a1', 'a2']);
  });

  it('a restarted attempt that hears of a checkpoint from before its start commits nothing of its own', () => {
    const operator = attempt('t2');
    write(operator, 'a1');
    snapshot(operator, checkpoint(1, 2));
    expect(operator.checkpointCompleted(checkpoint(9, 1), settle)).toBe('done');
    expect(store.rows()).toEqual([]);
  });

  it('dies between the completion and its commit: the next attempt commits what the checkpoint holds', () => {
    const first = attempt('t');
    write(first, 'a1', 'b1');
    const items = snapshot(first, checkpoint(1));
    write(first, 'a2');
    first.prepareCheckpoint(checkpoint(2), settle);
    // Checkpoint 1 is complete, checkpoint 2 never is: what it prepared lingers in the store and must go.
    expect(store.open.size).toBe(3);
    const second = attempt('u', items, checkpoint(1));
    expect(store.rows()).toEqual(['a1', 'b1']);
    expect(store.open.size).toBe(0);
    expect(store.calls.slice(-2)).toEqual(['commit t-0 t-1', 'abortOthers t-0 t-1']);
    write(second, 'a2');
    snapshot(second, checkpoint(3));
    second.checkpointCompleted(checkpoint(3), settle);
    expect(store.rows()).toEqual(['a1', 'a2', 'b1']);
  });

  it('dies after its commit: committing again changes nothing', () => {
    const first = attempt('t');
    write(first, 'a1', 'b1');
    const items = snapshot(first, checkpoint(1));
    first.checkpointCompleted(checkpoint(1), settle);
    attempt('u', items, checkpoint(1));
    expect(store.rows()).toEqual(['a1', 'b1']);
  });

  it('takes over what two former subtasks had pending, two committables each', () => {
    const items = ['s', 't'].flatMap((name) => {
      const former = attempt(name);
      write(former, 'a1', 'b1');
      return snapshot(former, checkpoint(1));
    });
    store.open.set('s-0', ['a1']).set('s-1', ['b1']);
    const operator = attempt('u', items, checkpoint(1));
    expect(store.rows()).toEqual(['a1', 'a1', 'b1', 'b1']);
    expect(operator.snapshot(checkpoint(2))).toEqual([]);
  });

  it('a committable that is lost fails the attempt loudly, and stays in the snapshots', () => {
    const operator = attempt('t');
    write(operator, 'a1');
    snapshot(operator, checkpoint(1));
    store.open.clear();
    expect(operator.checkpointCompleted(checkpoint(1), settle)).toBe('pending');
    store.answer();
    expect(settled).toEqual([expect.objectContaining({ code: 'TRANSACTION_LOST' })]);
    expect(operator.snapshot(checkpoint(2))).toHaveLength(1);
  });

  it('a lost committable of the restored checkpoint fails the opening before anything is aborted', () => {
    store.slow = true;
    attempt('u', [{ checkpoint: checkpoint(1), committables: ['t-0'] }], checkpoint(1));
    store.answer();
    expect(settled).toEqual([expect.objectContaining({ code: 'TRANSACTION_LOST' })]);
    expect(store.calls).toEqual(['commit t-0']);
  });

  it('a slow store: each call settles once, after all its steps', () => {
    const items = [{ checkpoint: checkpoint(1), committables: ['t-0', 't-1'] }];
    store.open.set('t-0', ['a1']).set('t-1', ['b1']);
    store.slow = true;
    const operator = attempt('u', items, checkpoint(1));
    store.answer();
    expect([settled.length, store.rows()]).toEqual([0, ['a1', 'b1']]);
    store.answer();
    expect(settled).toEqual([null]);

    write(operator, 'a2');
    expect(operator.prepareCheckpoint(checkpoint(2), settle)).toBe('pending');
    store.answer();
    expect(settled).toEqual([null, null]);
    expect(operator.snapshot(checkpoint(2))).toEqual([{ checkpoint: checkpoint(2), committables: ['u-0'] }]);

    expect(operator.checkpointCompleted(checkpoint(2), settle)).toBe('pending');
    // Until the store has answered nobody knows that it is committed.
    expect(operator.snapshot(checkpoint(3))).toHaveLength(1);
    store.answer();
    expect(settled).toEqual([null, null, null]);
    expect(operator.snapshot(checkpoint(3))).toEqual([]);
    expect(store.rows()).toEqual(['a1', 'a2', 'b1']);
  });

  it('takes records while the writer does', () => {
    const operator = attempt('t');
    write(operator, 'a1', 'b1');
    expect(operator.ready()).toBe(true);
    write(operator, 'c1');
    expect(operator.ready()).toBe(false);
    snapshot(operator, checkpoint(1));
    expect(operator.ready()).toBe(true);
  });

  it('refuses the state of another operator', () => {
    const sink: Sink<string, string> = { name: 'store', createWriter: () => new StoreWriter(store, 't') };
    const operator = new SinkOperator(sink);
    const restored = { from: checkpoint(1), items: [{ offset: 7 }] };
    expect(() => operator.open(operatorRun(null).context, restored, settle)).toThrow(
      expect.objectContaining({ code: 'STATE_UNREADABLE', message: expect.stringContaining("operator 'orders'") }),
    );
    operator.close();
    expect(store.calls).toEqual(['close']);
  });

  it('closes when it was never opened', () => {
    new SinkOperator<string, string>({ name: 'store', createWriter: () => new StoreWriter(store, 't') }).close();
    expect(store.calls).toEqual([]);
  });

  it('a writer that throws in a completion fails the attempt with its own words', () => {
    store.slow = true;
    const broken: Sink<string, string> = {
      name: 'store',
      createWriter: () =>
        Object.assign(new StoreWriter(store, 't'), {
          take: () => {
            throw new Error('no space');
          },
        }),
    };
    const operator = new SinkOperator(broken);
    operator.open(operatorRun(null).context, fresh, settle);
    store.answer();
    operator.prepareCheckpoint(checkpoint(1), settle);
    store.answer();
    expect(settled).toEqual([
      null,
      expect.objectContaining({ code: 'SINK_FAILED', message: "sink 'store' of operator 'orders': no space" }),
    ]);
  });
});
