import { failure } from '../../../actors/kernel/failure.js';
import type { Split } from '../../../actors/protocol/manifest.js';
import type { Batch, ReaderContext, SourceReader } from '../../operators/source.js';
import { RateLimit } from '../rate-limit.js';
import { type FileSplit, fileSplitOf, splitOf } from './file-split.js';
import { type Reading, SplitReader } from './split-reader.js';

/** Reads its splits one after the other, but for those that are to be left out for a while. */
export class FileReader<T> implements SourceReader<T> {
  private readonly waiting: FileSplit[] = [];
  private current: SplitReader<T> | null = null;
  /** Begun, and then to be left out. */
  private readonly aside: SplitReader<T>[] = [];
  private leftOut: ReadonlySet<string> = new Set();
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

  leaveOut(splits: ReadonlySet<string>): void {
    this.leftOut = splits;
    if (this.current === null || !splits.has(this.current.id)) return;
    this.aside.push(this.current);
    this.current = null;
  }

  poll(recordsMax: number): Batch<T> | 'idle' | 'needsSplit' | 'finished' {
    if (this.failed) return 'idle';
    this.openNext();
    const { current } = this;
    if (current === null) {
      // What is left out comes later: no other split is asked for meanwhile.
      if (this.aside.length > 0 || this.waiting.length > 0) return 'idle';
      return this.noMore ? 'finished' : 'needsSplit';
    }
    const allowed = this.rate === null ? recordsMax : this.rate.allowed(recordsMax);
    if (allowed === 0) return 'idle';
    const values: T[] = [];
    const timestamps: number[] = [];
    const endsSplit = current.read(values, timestamps, allowed) === 'ended';
    if (endsSplit) {
      current.close();
      this.current = null;
    }
    if (values.length === 0 && !endsSplit) return 'idle';
    this.rate?.spend(values.length);
    return { values, timestamps, watermark: null, split: current.id, endsSplit };
  }

  snapshot(): readonly Split[] {
    const begun = this.current === null ? this.aside : [this.current, ...this.aside];
    return [...begun.map((reader) => reader.snapshot()), ...this.waiting].map(splitOf);
  }

  close(): void {
    this.current?.close();
    for (const reader of this.aside) reader.close();
    this.rate?.close();
  }

  private openNext(): void {
    if (this.current !== null) return;
    const begun = this.aside.findIndex(({ id }) => !this.leftOut.has(id));
    if (begun >= 0) {
      [this.current = null] = this.aside.splice(begun, 1);
      return;
    }
    const next = this.waiting.findIndex(({ id }) => !this.leftOut.has(id));
    const [split] = next < 0 ? [] : this.waiting.splice(next, 1);
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
