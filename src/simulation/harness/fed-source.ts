import type { Split } from '../../../actors/protocol/manifest.js';
import type { Batch, ReaderContext, Source, SourceReader } from '../../operators/source.js';

/** What one input of a harness has still to give to the pipeline. */
export type Fed =
  | { readonly kind: 'record'; readonly value: unknown; readonly timestamp: number }
  | { readonly kind: 'watermark'; readonly timestamp: number };

/** One input of a harness: filled by hand, emptied by the reader of whichever run is there. */
export class Feed {
  readonly waiting: Fed[] = [];
  hasEnded = false;
  /** Wakes the reader that is there. */
  filled: () => void = () => undefined;
}

/** The only split: it stays in every snapshot until the input has ended, and stands for all that is still to come. */
export const fedSplit: Split = { id: 'input', data: null };

/** Reads a feed, one element at a time, so that each of them can be followed by a barrier. */
export class FedSource implements Source {
  readonly name = 'input';

  constructor(private readonly feed: Feed) {}

  discover(_context: unknown, done: (result: { readonly ok: true; readonly splits: readonly Split[] }) => void): void {
    done({ ok: true, splits: [fedSplit] });
  }

  createReader({ wake }: ReaderContext): SourceReader {
    this.feed.filled = wake;
    return new FedReader(this.feed);
  }
}

class FedReader implements SourceReader {
  private splits: readonly Split[] = [];

  constructor(private readonly feed: Feed) {}

  addSplits(splits: readonly Split[]): void {
    this.splits = [...this.splits, ...splits];
  }

  noMoreSplits(): void {}

  poll(): Batch | 'idle' | 'needsSplit' | 'finished' {
    if (this.splits.length === 0) return 'needsSplit';
    const next = this.feed.waiting.shift();
    if (next === undefined) return this.feed.hasEnded ? 'finished' : 'idle';
    if (next.kind === 'record') return { values: [next.value], timestamps: [next.timestamp], watermark: null };
    return { values: [], timestamps: [], watermark: next.timestamp };
  }

  snapshot(): readonly Split[] {
    return this.splits;
  }

  close(): void {}
}
