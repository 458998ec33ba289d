import { type Failure, failure } from '../../../actors/kernel/failure.js';
import { Unstorable } from '../../state/value-writer.js';
import type { ControlElement } from '../elements.js';
import { Fifo } from '../fifo.js';
import { controlFrame, emptyFrame } from '../frame/control-frame.js';
import type { FrameCodec } from '../frame/frame-codec.js';
import { type ChannelId, channelText, type FrameKind, headerBytes } from '../frame/frame-header.js';
import type { Gauge } from '../gauge.js';
import type { MemoryShare } from '../slot/slot-memory.js';
import { type Culprit, culpritText, TaskFailure } from '../task-failure.js';
import type { TaskOptions } from '../task-options.js';
import type { OutputChannel, OutputInspection } from './channel.js';

/** Seals a frame as one of this channel and hands it to the link. */
export type SendFrame = (kind: FrameKind, sequence: number, frame: Uint8Array) => void;

export type FrameLimits = Pick<
  TaskOptions,
  'frameBytes' | 'batchRecordsMax' | 'recordBytesMax' | 'channelWindowFrames'
>;

interface QueuedFrame {
  readonly kind: FrameKind;
  readonly frame: Uint8Array;
  readonly needsCredit: boolean;
}

const firstRecordsPerFrame = 64;

/** Room for records that are longer than those before. */
const fillRatio = 0.8;

/**
 * The producer's end of a channel that leaves the slot. Every frame has the next sequence number, given when it is sent. Nothing is
 * sent before the first grant: it says that the receiver listens. After it, records wait for credit, and what is behind them waits with
 * them; control elements need none. What waits is the overdraft: the tasklet takes no record meanwhile, and what one record still puts out is
 * held against the slot's memory, in bytes.
 */
export class FramedOutput implements OutputChannel {
  bytesSent = 0;
  private values: unknown[] = [];
  private timestamps: number[] = [];
  private recordsPerFrame = firstRecordsPerFrame;
  private readonly queue = new Fifo<QueuedFrame>();
  private queuedBytes = 0;
  private queuedForCredit = 0;
  private records = 0;
  private sentThrough = 0;
  private grantedThrough = 0;
  private connected = false;
  private sentSinceRepeat = false;

  constructor(
    readonly id: ChannelId,
    private readonly send: SendFrame,
    private readonly codec: FrameCodec,
    private readonly limits: FrameLimits,
    private readonly gauge: Gauge,
    private readonly emitter: Culprit,
    readonly bufferTimeoutMs: number | null,
    private readonly overdraft: MemoryShare,
  ) {}

  get holdsBack(): boolean {
    return this.values.length > 0 && this.queue.length === 0 && this.hasCredit();
  }

  get recordsPut(): number {
    return this.records + this.values.length;
  }

  append(value: unknown, timestamp: number): void {
    this.values.push(value);
    this.timestamps.push(timestamp);
    if (this.values.length >= this.recordsPerFrame) this.cut();
  }

  control(element: ControlElement): void {
    this.cut();
    this.enqueue(element.kind as FrameKind, controlFrame(element), false);
  }

  /** Without credit the batch goes on growing instead: fuller frames, and fewer of them in the overdraft. */
  flush(): void {
    if (this.holdsBack) this.cut();
  }

  /** The receiver takes frames through this number. Repeated and late grants change nothing. True when the tasklet can go on. */
  granted(through: number): boolean {
    this.connected = true;
    if (through > this.grantedThrough) this.grantedThrough = through;
    const wasBlocked = this.queuedForCredit > 0;
    this.pump();
    return (wasBlocked && this.queuedForCredit === 0) || this.holdsBack;
  }

  /** While nothing else is sent, tells the last number, so that a receiver sees what got lost at the end. */
  repeat(): void {
    if (this.connected && !this.sentSinceRepeat && this.sentThrough > 0) {
      this.send('repeat', this.sentThrough, emptyFrame());
    }
    this.sentSinceRepeat = false;
  }

  inspectOutput(): OutputInspection {
    return {
      channel: channelText(this.id),
      sentThrough: this.sentThrough,
      grantedThrough: this.grantedThrough,
      queuedFrames: this.queue.length,
      queuedBytes: this.queuedBytes,
      records: this.records + this.values.length,
      partialRecords: this.values.length,
      blocked: this.queuedForCredit > 0,
    };
  }

  private hasCredit(): boolean {
    return this.connected && this.sentThrough < this.grantedThrough;
  }

  private cut(): void {
    if (this.values.length === 0) return;
    const { values, timestamps } = this;
    this.values = [];
    this.timestamps = [];
    this.records += values.length;
    this.encode(values, timestamps, 0, values.length);
  }

  private encode(values: readonly unknown[], timestamps: readonly number[], from: number, to: number): void {
    const frame = this.encoded(values, timestamps, from, to);
    const { frameBytes, batchRecordsMax } = this.limits;
    if (frame.length <= frameBytes) {
      const recordsThatFit = Math.floor((frameBytes * fillRatio * (to - from)) / (frame.length - headerBytes));
      this.recordsPerFrame = Math.min(Math.max(recordsThatFit, 1), batchRecordsMax);
      this.enqueue('records', frame, true);
    } else if (to - from > 1) {
      const middle = (from + to) >> 1;
      this.encode(values, timestamps, from, middle);
      this.encode(values, timestamps, middle, to);
    } else this.enqueueFragments(frame);
  }

  private encoded(values: readonly unknown[], timestamps: readonly number[], from: number, to: number): Uint8Array {
    try {
      return this.codec.encode(values, timestamps, from, to);
    } catch (error) {
      if (error instanceof Unstorable) throw new TaskFailure(unsupported(this.emitter, error.message));
      throw error;
    }
  }

  private enqueueFragments(frame: Uint8Array): void {
    const { frameBytes, recordBytesMax } = this.limits;
    const recordBytes = frame.length - headerBytes;
    if (recordBytes > recordBytesMax) throw new TaskFailure(tooLarge(this.emitter, recordBytes, recordBytesMax));
    const pieceBytes = frameBytes - headerBytes;
    for (let at = headerBytes; at < frame.length; at += pieceBytes) {
      const piece = new Uint8Array(Math.min(frameBytes, headerBytes + frame.length - at));
      piece.set(frame.subarray(at, at + pieceBytes), headerBytes);
      this.enqueue(at + pieceBytes < frame.length ? 'fragment' : 'lastFragment', piece, true);
    }
  }

  private enqueue(kind: FrameKind, frame: Uint8Array, needsCredit: boolean): void {
    if (this.queue.length === 0 && this.connected && (!needsCredit || this.hasCredit())) {
      this.sendNext(kind, frame);
      return;
    }
    const last = this.queue.last();
    if (kind === 'watermark' && last?.kind === 'watermark') {
      // Nobody has seen the older one, and the newer one says more.
      this.queue.replaceLast({ kind, frame, needsCredit });
      return;
    }
    this.queue.push({ kind, frame, needsCredit });
    this.queuedBytes += frame.length;
    this.overdraft.take(frame.length);
    if (needsCredit && this.queuedForCredit++ === 0) this.gauge.channelBlocked(true);
    if (this.overdraft.isOver) throw new TaskFailure(overdrawn(this.emitter, this.queuedBytes, this.overdraft));
  }

  private pump(): void {
    for (;;) {
      const next = this.queue.peek();
      if (next === undefined || (next.needsCredit && !this.hasCredit())) return;
      this.queue.shift();
      this.queuedBytes -= next.frame.length;
      this.overdraft.release(next.frame.length);
      if (next.needsCredit && --this.queuedForCredit === 0) this.gauge.channelBlocked(false);
      this.sendNext(next.kind, next.frame);
    }
  }

  private sendNext(kind: FrameKind, frame: Uint8Array): void {
    this.sentThrough += 1;
    this.sentSinceRepeat = true;
    this.bytesSent += frame.length;
    this.send(kind, this.sentThrough, frame);
  }
}

const unsupported = (emitter: Culprit, what: string): Failure =>
  failure(
    'VALUE_UNSUPPORTED',
    'user',
    `${culpritText(emitter)} emits a record that cannot leave its slot: its value${what}. ` +
      'Records are plain data: null, booleans, numbers, strings, bigints, bytes, arrays and plain objects of these; ' +
      'give a Date as its milliseconds',
    'never',
  );

const tooLarge = (emitter: Culprit, bytes: number, bytesMax: number): Failure =>
  failure(
    'RECORD_TOO_LARGE',
    'user',
    `${culpritText(emitter)} emits a record of ${bytes} bytes; at most ${bytesMax} are allowed. ` +
      'Split it, or store the content and send where it is',
    'never',
  );

const overdrawn = (emitter: Culprit, bytes: number, { usedBytes, budgetBytes }: MemoryShare): Failure =>
  failure(
    'OUTPUT_OVERDRAWN',
    'user',
    `${culpritText(emitter)} has put out ${bytes} bytes beyond what its receiver takes; with that ${usedBytes} bytes wait in the slot, ` +
      `and ${budgetBytes} of its managed memory are for it. ` +
      'Emit less for one record, return an iterable that is pulled as the receiver allows, or give slots more memory (--slot-memory)',
  );
