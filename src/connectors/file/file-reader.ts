import { failure } from '../../../actors/kernel/failure.js';
import type { Split } from '../../../actors/protocol/manifest.js';
import type { Batch, ReaderContext, SourceReader } from '../../operators/source.js';
import { RateLimit } from '../rate-limit.js';
import { type FileSplit, fileSplitOf, splitOf } from './file-split.js';
import { type Reading, SplitReader } from './split-reader.js';

/** Reads its splits one after the other. */
export class FileReader<T> implements SourceReader<T> {
  private readonly waiting: FileSplit[] = [];
  private current: SplitReader<T> | null = null;
  private rate: RateLimit | null = null;
  private noMore = false;
  private failed = false;

  constructor(
    private readonly reading: Reading<T>,
    private readonly ratePerSecond: number | null,
    private readonly context: ReaderContext,
  ) {}

  addSplits(splits: readonly Split[]): void {
    for (const split of splits) {
      const known = fileSplitOf(split);
      if (known === null) this.refuse(split.id);
      else this.waiting.push(known);
    }
  }

  noMoreSplits(): void {
    this.noMore = true;
  }

  poll(recordsMax: number): Batch<T> | 'idle' | 'needsSplit' | 'finished' {
    if (this.failed) return 'idle';
    this.openNext();
    if (this.current === null) return this.noMore ? 'finished' : 'needsSplit';
    const allowed = this.rate === null ? recordsMax : this.rate.allowed(recordsMax);
    if (allowed === 0) return 'idle';
    const values: T[] = [];
    const timestamps: number[] = [];
    this.read(values, timestamps, allowed);
    if (values.length > 0) {
      this.rate?.spend(values.length);
      return { values, timestamps, watermark: null };
    }
    if (this.current !== null || this.failed) return 'idle';
    return this.noMore ? 'finished' : 'needsSplit';
  }

  snapshot(): readonly Split[] {
    const splits = this.waiting.map(splitOf);
    if (this.current !== null) splits.unshift(splitOf(this.current.snapshot()));
    return splits;
  }

  close(): void {
    this.current?.close();
    this.rate?.close();
  }

  private read(values: T[], timestamps: number[], recordsMax: number): void {
    while (this.current !== null && !this.failed) {
      if (this.current.read(values, timestamps, recordsMax - values.length) !== 'ended') return;
      this.current.close();
      this.current = null;
      this.openNext();
    }
  }

  private openNext(): void {
    if (this.current !== null) return;
    const split = this.waiting.shift();
    if (split === undefined) return;
    this.limitRate(split.splits);
    this.current = new SplitReader(this.context.files, split, this.reading, {
      arrived: () => this.context.wake(),
      failed: (reason) => {
        this.failed = true;
        this.context.fail(reason);
      },
      skipped: (reason) => this.context.skipped(reason),
    });
  }

  /** As many readers share the rate as can have a split at the same time. */
  private limitRate(splits: number): void {
    const { ratePerSecond, context } = this;
    if (ratePerSecond === null || this.rate !== null) return;
    const readers = Math.max(1, Math.min(context.parallelism, splits));
    this.rate = new RateLimit(context.clock, ratePerSecond / readers, () => context.wake());
  }

  private refuse(id: string): void {
    this.failed = true;
    const message = `Source '${this.context.uid}' cannot go on with split '${id}': its data is none of a file source. Was another source under this uid before? Give this one a uid of its own.`;
    this.context.fail(failure('SPLIT_UNREADABLE', 'user', message, 'never'));
  }
}
