import type { Failure } from '../../actors/kernel/failure.js';
import type { Split } from '../../actors/protocol/manifest.js';
import type { Clock } from '../ports/clock.js';
import type { Files } from '../ports/files.js';
import type { Offload } from '../ports/offload.js';

/** Records in parallel arrays. Handed over once: the reader keeps no reference. */
export interface Batch<T = unknown> {
  readonly values: T[];
  readonly timestamps: number[];
  /** Watermark that holds after this batch; null when it says nothing new. */
  readonly watermark: number | null;
  /**
   * The split that all of these records are of. A source that leaves it out gets one watermark generator a reader instead of one a split, and cannot be
   * aligned with others.
   */
  readonly split?: string;
  /** The split has no more records; such a batch may be empty. Until it is said, the split holds back event time. */
  readonly endsSplit?: boolean;
}

export interface DiscoveryContext {
  readonly files: Files;
  readonly offload: Offload;
}

export interface ReaderContext {
  readonly job: string;
  readonly uid: string;
  readonly subtaskIndex: number;
  readonly parallelism: number;
  readonly clock: Clock;
  readonly files: Files;
  readonly offload: Offload;
  /** Watermarks are made for each split: a batch is to be of one split, and to name it. */
  readonly splitsApart: boolean;
  /** There is something to poll again. Never call it from within `poll`. */
  wake(): void;
  fail(failure: Failure): void;
  /** Counts a malformed record that the source was told to skip. */
  skipped(failure: Failure): void;
}

/**
 * Reads splits. All calls are synchronous and never block: what needs I/O is started and announced with `wake`.
 */
export interface SourceReader<T = unknown> {
  /** Splits assigned now; from a checkpoint each comes with the `data` that `snapshot` gave, and reading goes on exactly there. */
  addSplits(splits: readonly Split[]): void;
  /** No further split will be assigned. */
  noMoreSplits(): void;
  /** At most `recordsMax` records; `idle` until `wake`; `needsSplit` when it has nothing assigned; `finished` after the last record of the last split. */
  poll(recordsMax: number): Batch<T> | 'idle' | 'needsSplit' | 'finished';
  /**
   * From now on no batch is of one of these splits, which are ahead of other sources, and all others are read: also those behind a split that is left out.
   * `poll` says `idle` when there are no others. Without this method the source cannot be aligned.
   */
  leaveOut?(splits: ReadonlySet<string>): void;
  /** The unfinished splits, each with `data` that continues right after the last record polled. Plain data. */
  snapshot(): readonly Split[];
  close(): void;
}

/** A replayable source: splits are found once, on the leader, and read by readers, in the slots. */
export interface Source<T = unknown> {
  readonly name: string;
  /** Lists the splits. Called on the leader; a split has an id that is unique in this source and plain data. */
  discover(
    context: DiscoveryContext,
    done: (
      result:
        | { readonly ok: true; readonly splits: readonly Split[] }
        | { readonly ok: false; readonly failure: Failure },
    ) => void,
  ): void;
  createReader(context: ReaderContext): SourceReader<T>;
}
