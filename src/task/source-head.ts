import type { Split } from '../../actors/protocol/manifest.js';
import { maxWatermark } from '../operators/operator.js';
import type { SourceReader } from '../operators/source.js';
import { Fifo } from './fifo.js';
import { unknownWatermark } from './gate/valve.js';
import type { Head, HeadEvent } from './head.js';
import { type Culprit, failureOfThrown } from './task-failure.js';

export interface SourceHeadSetting {
  readonly culprit: Culprit;
  /** Numbered from 1; repeated only after splits have been assigned in between. */
  requestSplits(request: number): void;
}

/** The input of a task that reads a source. */
export class SourceHead implements Head {
  private readonly events = new Fifo<HeadEvent>();
  private requests = 0;
  private awaitsSplits = false;
  private stopped = false;
  private ended = false;
  watermark = unknownWatermark;

  constructor(
    private readonly reader: SourceReader,
    private readonly setting: SourceHeadSetting,
  ) {}

  next(recordsMax: number): HeadEvent | null {
    const event = this.events.shift();
    if (event !== undefined) return event;
    if (this.ended) return null;
    if (this.stopped) return this.end();
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

  assign(splits: readonly Split[], noMore: boolean): void {
    this.guarded('while taking splits', () => {
      if (splits.length > 0) this.reader.addSplits(splits);
      if (noMore) this.reader.noMoreSplits();
    });
    this.awaitsSplits = false;
  }

  /** The reader is not asked for records any more: what came out of `next` before is all there is. Its snapshot still has what it had not read. */
  stop(): void {
    this.stopped = true;
  }

  /** What it still has to read, from right after the last record that came out of `next`. */
  snapshot(): readonly Split[] {
    return this.guarded('while taking its snapshot', () => this.reader.snapshot());
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

  private end(): HeadEvent {
    this.ended = true;
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
