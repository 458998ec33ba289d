import type { Failure } from '../../../actors/kernel/failure.js';
import type { Split } from '../../../actors/protocol/manifest.js';
import type { Batch, ReaderContext, Source, SourceReader } from '../../../src/operators/source.js';
import type { Clock } from '../../../src/ports/clock.js';
import { nodeClock } from '../../../src/runtime/world/clock.js';
import { nodeFiles } from '../../../src/runtime/world/files.js';
import { nodeOffload } from '../../../src/runtime/world/offload.js';

/** A reader as a task drives it: polled until it is idle, and then when it has woken the task. */
export class DrivenReader<T> {
  readonly reader: SourceReader<T>;
  readonly values: T[] = [];
  readonly timestamps: number[] = [];
  readonly watermarks: number[] = [];
  readonly skipped: Failure[] = [];
  /** Of each batch with records. */
  readonly splits: string[] = [];
  /** Splits that said they had ended. */
  ended = 0;
  failure: Failure | null = null;
  private polling = false;
  private woken = true;
  private wakeUp: () => void = () => undefined;

  constructor(
    source: Source<T>,
    options: { readonly parallelism?: number; readonly clock?: Clock; readonly splitsApart?: boolean } = {},
  ) {
    const context: ReaderContext = {
      job: 'spec',
      uid: 'source',
      subtaskIndex: 0,
      parallelism: options.parallelism ?? 1,
      clock: options.clock ?? nodeClock,
      files: nodeFiles,
      offload: nodeOffload,
      splitsApart: options.splitsApart ?? false,
      wake: () => this.wake(),
      fail: (failure) => {
        this.failure ??= failure;
        this.wake(true);
      },
      skipped: (failure) => this.skipped.push(failure),
    };
    this.reader = source.createReader(context);
  }

  /** Polls until `records` more have come, or it needs a split, has finished or failed; says which. */
  async read(
    recordsMax = 7,
    records = Number.POSITIVE_INFINITY,
  ): Promise<'read' | 'needsSplit' | 'finished' | 'failed'> {
    const enough = this.values.length + records;
    while (this.values.length < enough) {
      const polled = this.poll(Math.min(recordsMax, enough - this.values.length));
      if (this.failure !== null) return 'failed';
      if (polled === 'needsSplit' || polled === 'finished') return polled;
      if (polled === 'idle') await this.untilWoken();
    }
    return 'read';
  }

  /** Polls until so many splits have ended. */
  async readSplits(count: number, recordsMax = 7): Promise<void> {
    while (this.ended < count) if (this.poll(recordsMax) === 'idle') await this.untilWoken();
  }

  poll(recordsMax: number): Batch<T> | 'idle' | 'needsSplit' | 'finished' {
    this.woken = false;
    this.polling = true;
    const polled = this.reader.poll(recordsMax);
    this.polling = false;
    if (typeof polled === 'string') return polled;
    if ((polled.values.length === 0 && polled.endsSplit !== true) || polled.values.length > recordsMax)
      throw new Error(`batch of ${polled.values.length}`);
    if (polled.values.length !== polled.timestamps.length) throw new Error('a record without its timestamp');
    this.values.push(...polled.values);
    if (polled.split !== undefined && polled.values.length > 0) this.splits.push(polled.split);
    if (polled.endsSplit === true) this.ended += 1;
    this.timestamps.push(...polled.timestamps);
    if (polled.watermark !== null) this.watermarks.push(polled.watermark);
    return polled;
  }

  private wake(failing = false): void {
    if (this.polling && !failing) throw new Error('wake from within poll');
    this.woken = true;
    this.wakeUp();
  }

  private async untilWoken(): Promise<void> {
    if (this.woken) return;
    await new Promise<void>((resolve) => {
      this.wakeUp = resolve;
    });
  }
}

export function discover(source: Source): Promise<readonly Split[]> {
  return new Promise((resolve, reject) => {
    source.discover({ files: nodeFiles, offload: nodeOffload }, (result) => {
      if (result.ok) resolve(result.splits.map(throughStore));
      else reject(new Error(`${result.failure.code}: ${result.failure.message}`));
    });
  });
}

/** As it comes back from a checkpoint. */
export const throughStore = (split: Split): Split => JSON.parse(JSON.stringify(split)) as Split;

/** Every record of the source, each split read by a reader of its own; fails when a reader does. */
export async function readAll<T>(source: Source<T>, recordsMax = 7): Promise<T[]> {
  const records: T[] = [];
  for (const split of await discover(source)) {
    const driven = new DrivenReader(source);
    driven.reader.addSplits([split]);
    driven.reader.noMoreSplits();
    const end = await driven.read(recordsMax);
    driven.reader.close();
    if (end !== 'finished') throw new Error(driven.failure?.message ?? end);
    records.push(...driven.values);
  }
  return records;
}
