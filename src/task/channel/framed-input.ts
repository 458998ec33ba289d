import { type Failure, failure } from '../../../actors/kernel/failure.js';
import type { Element } from '../elements.js';
import { Fifo } from '../fifo.js';
import { emptyFrame, readControl } from '../frame/control-frame.js';
import type { FrameCodec } from '../frame/frame-codec.js';
import { type ChannelId, channelText, type FrameHeader, type FrameKind, headerBytes } from '../frame/frame-header.js';
import { TaskFailure } from '../task-failure.js';
import type { InputChannel, InputInspection } from './channel.js';
import type { FrameLimits, SendFrame } from './framed-output.js';

interface ReceivedFrame {
  readonly kind: FrameKind;
  readonly body: Uint8Array;
}

/**
 * The consumer's end of a channel that enters the slot. Sequence numbers are contiguous, so whatever is missing is seen: in the middle
 * by the next frame, at the end by the producer's repetitions. Credit is absolute, "through number n", and repeated while idle, so a
 * lost grant costs time and nothing else. Frames are kept as bytes and decoded when they are consumed: what waits is
 * bounded by the window.
 */
export class FramedInput implements InputChannel {
  bytesReceived = 0;
  /** Received and not consumed. */
  heldBytes = 0;
  private readonly queue = new Fifo<ReceivedFrame>();
  private fragments: Uint8Array[] = [];
  private fragmentBytes = 0;
  private receivedThrough = 0;
  private consumedThrough = 0;
  private grantedThrough = 0;
  private opened = false;
  private grantedSinceRepeat = false;
  private records = 0;
  private duplicates = 0;

  constructor(
    readonly id: ChannelId,
    private readonly send: SendFrame,
    private readonly codec: FrameCodec,
    private readonly limits: FrameLimits,
  ) {}

  /** State is restored: gives the first grant, which is the handshake. */
  open(): void {
    this.opened = true;
    this.grant();
  }

  /** Takes a frame in, or says why the attempt has to end. Nothing is decoded yet. */
  receive({ kind, sequence }: FrameHeader, frame: Uint8Array): Failure | null {
    if (kind === 'repeat') return sequence > this.receivedThrough ? this.gap(sequence + 1) : null;
    if (sequence <= this.receivedThrough) {
      this.duplicates += 1;
      return null;
    }
    if (sequence !== this.receivedThrough + 1) return this.gap(sequence);
    if (isData(kind) && sequence > this.grantedThrough) return this.overrun(sequence);
    this.receivedThrough = sequence;
    this.bytesReceived += frame.length;
    this.heldBytes += frame.length;
    this.queue.push({ kind, body: frame.subarray(headerBytes) });
    return null;
  }

  poll(): Element | null {
    for (;;) {
      const next = this.queue.shift();
      if (next === undefined) return null;
      this.consumedThrough += 1;
      this.heldBytes -= next.body.length + headerBytes;
      const element = this.read(next);
      if ((this.owed() - this.grantedThrough) * 2 >= this.limits.channelWindowFrames) this.grant();
      if (element !== null) return element;
    }
  }

  /** Repeats the grant, unless one was sent since the last call. */
  repeat(): void {
    if (this.opened && !this.grantedSinceRepeat) this.grant();
    this.grantedSinceRepeat = false;
  }

  inspectInput(): InputInspection {
    return {
      channel: channelText(this.id),
      receivedThrough: this.receivedThrough,
      consumedThrough: this.consumedThrough,
      grantedThrough: this.grantedThrough,
      records: this.records,
      duplicates: this.duplicates,
    };
  }

  private owed(): number {
    return this.consumedThrough + this.limits.channelWindowFrames;
  }

  private grant(): void {
    this.grantedThrough = this.owed();
    this.grantedSinceRepeat = true;
    this.send('grant', this.grantedThrough, emptyFrame());
  }

  /** Null for a piece that is not the last of its record. */
  private read({ kind, body }: ReceivedFrame): Element | null {
    if (kind === 'fragment' || kind === 'lastFragment') {
      this.fragments.push(body);
      this.fragmentBytes += body.length;
      if (this.fragmentBytes > this.limits.recordBytesMax) throw this.damaged('a record in pieces is too long');
      return kind === 'fragment' ? null : this.readRecords(this.joined());
    }
    if (this.fragments.length > 0) throw this.damaged('a record in pieces is interrupted');
    if (kind === 'records') return this.readRecords(body);
    const element = readControl(kind, body);
    if ('damage' in element) throw this.damaged(element.damage);
    return element;
  }

  private readRecords(body: Uint8Array): Element {
    const batch = this.codec.decode(body);
    if ('damage' in batch) throw this.damaged(batch.damage);
    this.records += batch.values.length;
    return batch;
  }

  private joined(): Uint8Array {
    const body = new Uint8Array(this.fragmentBytes);
    let at = 0;
    for (const fragment of this.fragments) {
      body.set(fragment, at);
      at += fragment.length;
    }
    this.fragments = [];
    this.fragmentBytes = 0;
    return body;
  }

  private damaged(what: string): TaskFailure {
    return new TaskFailure(frameDamaged(this.id, what));
  }

  private gap(sequence: number): Failure {
    const { receivedThrough } = this;
    return failure(
      'CHANNEL_GAP',
      'infrastructure',
      `channel ${channelText(this.id)} lost frames ${receivedThrough + 1} to ${sequence - 1}: the link between the two slots broke. ` +
        'The job goes on from its last checkpoint',
    );
  }

  private overrun(sequence: number): Failure {
    return failure(
      'CHANNEL_OVERRUN',
      'internal',
      `channel ${channelText(this.id)} received frame ${sequence} with records, and had granted only ${this.grantedThrough}`,
    );
  }
}

/** Of a failure that a damaged frame led to. */
export const damagedCode = 'FRAME_CORRUPT';

export const frameDamaged = (id: ChannelId, what: string): Failure =>
  failure(
    damagedCode,
    'infrastructure',
    `a frame of channel ${channelText(id)} is damaged: ${what}. Nothing of it was used; the job goes on from its last checkpoint`,
  );

const isData = (kind: FrameKind): boolean => kind === 'records' || kind === 'fragment' || kind === 'lastFragment';
