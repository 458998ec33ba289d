import type { Split } from '../../actors/protocol/manifest.js';
import { maxWatermark } from '../operators/operator.js';
import type { Batch, SourceReader } from '../operators/source.js';
import type { SplitTimeState, SplitWatermarks } from '../time/split-watermarks.js';
import { Fifo } from './fifo.js';
import { unknownWatermark } from './gate/valve.js';
import type { Head, HeadEvent } from './head.js';
import type { SourceWait } from './source-wait.js';
import { type Culprit, failureOfThrown } from './task-failure.js';

export interface SourceHeadSetting {
  readonly culprit: Culprit;
  /** Null where watermarks are not made for each split. */
  readonly splits: SplitWatermarks<unknown> | null;
  /** Null when the source waits for no other. */
  readonly wait: SourceWait | null;
  /** Numbered from 1; repeated only after splits have been assigned in between. */
  requestSplits(request: number): void;
}

/** A split as it stands in a snapshot: with its event time, where that is its own. */
type Position = Split & { readonly time?: SplitTimeState | null };

/** The input of a task that reads a source. */
export class SourceHead implements Head {
  private readonly events = new Fifo<HeadEvent>();
  private requests = 0;
  private awaitsSplits = false;
  private stopped = false;
  private ended = false;
  /** It ended because it was stopped: there may be more to read. */
  endedByStop = false;
  /** Records of a batch are on their way through the chain until the next one is asked for. */
  private batch: Batch | null = null;
  watermark = unknownWatermark;

  constructor(
    private readonly reader: SourceReader,
    private readonly setting: SourceHeadSetting,
  ) {}

  next(recordsMax: number): HeadEvent | null {
    const event = this.events.shift();
    if (event !== undefined) return event;
    if (this.ended) return null;
    this.settleBatch();
    if (this.stopped) {
      this.endedByStop = true;
      return this.end();
    }
    const polled = this.guarded('while reading', () => this.reader.poll(recordsMax));
    switch (polled) {
      case 'idle':
        return null;
      case 'needsSplit':
        this.request();
        return null;
      case 'finished':
        return this.end();
    }
    const { values, timestamps, watermark } = polled;
    const { splits } = this.setting;
    if (splits !== null) {
      this.batch = polled;
      splits.enter(polled.split);
    }
    if (watermark !== null && watermark > this.watermark) {
      this.watermark = watermark;
      this.events.push({ kind: 'watermark', timestamp: watermark });
    }
    return { kind: 'records', input: 0, values, timestamps };
  }

  /** Not between a batch and its watermark, which a restored reader would not give again. */
  injectsBarriers(): boolean {
    return this.events.length === 0;
  }

  /** Nobody but this task itself puts barriers in here. */
  giveUp(): void {}

  assign(positions: readonly Position[], noMore: boolean): void {
    const { splits, wait } = this.setting;
    this.guarded('while taking splits', () => {
      if (positions.length > 0) this.reader.addSplits(positions.map(({ id, data }) => ({ id, data })));
      if (noMore) this.reader.noMoreSplits();
      for (const { id, time = null } of positions) splits?.add(id, time);
      wait?.update();
    });
    this.awaitsSplits = false;
  }

  /** The reader is not asked for records any more: what came out of `next` before is all there is. Its snapshot still has what it had not read. */
  stop(): void {
    this.stopped = true;
  }

  /** What it still has to read, from right after the last record that came out of `next`. */
  snapshot(): readonly Position[] {
    const { splits } = this.setting;
    return this.guarded('while taking its snapshot', () =>
      splits === null
        ? this.reader.snapshot()
        : this.reader.snapshot().map((split) => ({ ...split, time: splits.stateOf(split.id) })),
    );
  }

  close(): void {
    this.guarded('while closing', () => this.reader.close());
  }

  /** Calls code of the source. */
  guarded<R>(doing: string, call: () => R): R {
    try {
      return call();
    } catch (error) {
      throw failureOfThrown(this.setting.culprit, doing, error);
    }
  }

  /** All that the last batch led to has happened: its split may have ended, or be far enough. */
  private settleBatch(): void {
    const { batch } = this;
    if (batch === null) return;
    this.batch = null;
    const { splits, wait } = this.setting;
    if (batch.values.length > 0) wait?.afterBatch();
    if (batch.endsSplit === true && batch.split !== undefined) splits?.drop(batch.split);
  }

  private end(): HeadEvent {
    this.ended = true;
    this.setting.wait?.end();
    this.events.push({ kind: 'inputEnded' });
    return { kind: 'watermark', timestamp: maxWatermark };
  }

  private request(): void {
    if (this.awaitsSplits) return;
    this.awaitsSplits = true;
    this.requests += 1;
    this.setting.requestSplits(this.requests);
  }
}
