import type { ControlElement, Element, RecordBatch } from '../elements.js';
import { Fifo } from '../fifo.js';
import { type ChannelId, channelText } from '../frame/frame-header.js';
import type { Gauge } from '../gauge.js';
import type { TaskOptions } from '../task-options.js';
import type { InputChannel, InputInspection, OutputChannel, OutputInspection } from './channel.js';

/** Both ends of a channel within one slot: batches go by reference, and the producer stops while a window of them waits. */
export class LocalChannel implements OutputChannel, InputChannel {
  readonly bufferTimeoutMs = 0;
  readonly bytesSent = 0;
  readonly bytesReceived = 0;
  private values: unknown[] = [];
  private timestamps: number[] = [];
  private readonly queue = new Fifo<Element>();
  private queuedBatches = 0;
  private sentThrough = 0;
  private consumedThrough = 0;
  private sentRecords = 0;
  private consumedRecords = 0;

  constructor(
    readonly id: ChannelId,
    private readonly limits: Pick<TaskOptions, 'batchRecordsMax' | 'channelWindowFrames'>,
    private readonly gauge: Gauge,
    /** Called when an element is there for the consumer. */
    private readonly filled: () => void,
  ) {}

  get holdsBack(): boolean {
    return this.values.length > 0;
  }

  get recordsPut(): number {
    return this.sentRecords + this.values.length;
  }

  append(value: unknown, timestamp: number): void {
    this.values.push(value);
    this.timestamps.push(timestamp);
    if (this.values.length >= this.limits.batchRecordsMax) this.flush();
  }

  control(element: ControlElement): void {
    this.flush();
    this.sentThrough += 1;
    this.queue.push(element);
    this.filled();
  }

  flush(): void {
    if (this.values.length === 0) return;
    const batch: RecordBatch = { kind: 'records', values: this.values, timestamps: this.timestamps };
    this.values = [];
    this.timestamps = [];
    this.sentRecords += batch.values.length;
    this.sentThrough += 1;
    this.queue.push(batch);
    this.filled();
    this.queuedBatches += 1;
    if (this.queuedBatches === this.limits.channelWindowFrames) this.gauge.channelBlocked(true);
  }

  poll(): Element | null {
    const element = this.queue.shift();
    if (element === undefined) return null;
    this.consumedThrough += 1;
    if (element.kind === 'records') {
      this.consumedRecords += element.values.length;
      this.queuedBatches -= 1;
      if (this.queuedBatches === this.limits.channelWindowFrames - 1) this.gauge.channelBlocked(false);
    }
    return element;
  }

  inspectOutput(): OutputInspection {
    return {
      channel: channelText(this.id),
      sentThrough: this.sentThrough,
      grantedThrough: null,
      queuedFrames: this.queue.length,
      queuedBytes: 0,
      records: this.sentRecords + this.values.length,
      partialRecords: this.values.length,
      blocked: this.queuedBatches >= this.limits.channelWindowFrames,
    };
  }

  inspectInput(): InputInspection {
    return {
      channel: channelText(this.id),
      receivedThrough: this.sentThrough,
      consumedThrough: this.consumedThrough,
      grantedThrough: null,
      records: this.consumedRecords,
      duplicates: 0,
    };
  }
}
