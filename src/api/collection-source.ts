import type { Split } from '../../actors/protocol/manifest.js';
import { noTimestamp } from '../operators/operator.js';
import type { Batch, DiscoveryContext, Source, SourceReader } from '../operators/source.js';

/** Reads an array of the job's code as one split, so that its order is kept. */
export class CollectionSource<T> implements Source<T> {
  readonly name = 'collection';
  private readonly values: readonly T[];

  constructor(values: readonly T[]) {
    this.values = values;
  }

  discover(_context: DiscoveryContext, done: Parameters<Source['discover']>[1]): void {
    done({ ok: true, splits: [{ id: splitId, data: 0 }] });
  }

  createReader(): CollectionReader<T> {
    return new CollectionReader(this.values);
  }
}

const splitId = 'all';

class CollectionReader<T> implements SourceReader<T> {
  private readonly values: readonly T[];
  /** null while the split is not this reader's. */
  private next: number | null = null;
  private moreSplits = true;
  private leftOut = false;

  constructor(values: readonly T[]) {
    this.values = values;
  }

  addSplits(splits: readonly Split[]): void {
    for (const { data } of splits) this.next = data as number;
  }

  noMoreSplits(): void {
    this.moreSplits = false;
  }

  leaveOut(splits: ReadonlySet<string>): void {
    this.leftOut = splits.has(splitId);
  }

  poll(recordsMax: number): Batch<T> | 'idle' | 'needsSplit' | 'finished' {
    if (this.leftOut && this.next !== null) return 'idle';
    if (this.next === null) return this.moreSplits ? 'needsSplit' : 'finished';
    const values = this.values.slice(this.next, this.next + recordsMax);
    this.next += values.length;
    const endsSplit = this.next >= this.values.length;
    if (endsSplit) this.next = null;
    return { values, timestamps: values.map(() => noTimestamp), watermark: null, split: splitId, endsSplit };
  }

  snapshot(): readonly Split[] {
    return this.next === null ? [] : [{ id: splitId, data: this.next }];
  }

  close(): void {}
}
