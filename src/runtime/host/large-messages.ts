import { crc32 } from 'node:zlib';
import type { AnyMessage } from '../../../actors/kernel/message.js';
import type { BlobHandle } from '../../../actors/protocol/manifest.js';
import type { BlobStore } from '../../ports/blob-store.js';
import type { Clock } from '../../ports/clock.js';
import { ValueReader } from '../../state/value-reader.js';
import { ValueWriter } from '../../state/value-writer.js';
import type { Envelope } from './envelope.js';
import { count, fields, text } from './shape.js';

/** Stands for a message that is too long to be sent. */
export interface StoredMessage extends AnyMessage {
  readonly type: typeof storedType;
  readonly blob: BlobHandle;
}

const storedType = 'wire.stored';
/** Blobs of messages, apart from those of jobs. */
const prefix = 'messages/';
/** Longer than a message is on its way. A question that is asked for longer is stored again. */
const keptMs = 30_000;
const messageBytesMax = 67_108_864;

const storedShape = fields({ blob: fields({ name: text, bytes: count(messageBytesMax), checksum: text }) });

export const isStored = (message: AnyMessage): message is StoredMessage =>
  message.type === storedType &&
  storedShape(message) === null &&
  (message as StoredMessage).blob.name.startsWith(prefix);

/**
 * Messages of one process that are too long for an envelope: they lie in the store, and what travels is a handle. A message whose blob
 * cannot be written or read is lost like any other: who asked asks again.
 */
export class LargeMessages {
  /** By envelope, because each repetition of a question is the same one; null while the message is being written. */
  private readonly stored = new WeakMap<Envelope, StoredMessage | null>();
  /** Names of blobs that are being read. */
  private readonly reading = new Set<string>();
  private written = 0;

  constructor(
    private readonly blobs: BlobStore,
    private readonly clock: Clock,
    private readonly writer: { readonly process: string; readonly incarnation: string },
    /** What an envelope may have before its message is stored. */
    readonly envelopeBytesMax = 262_144,
  ) {}

  /** True when this message has been found too long before. */
  isKnown(envelope: Envelope): boolean {
    return this.stored.has(envelope);
  }

  /** Calls `send` with what stands for the message: at once when it is stored, later when it has to be. */
  send(envelope: Envelope, send: (stored: StoredMessage) => void): void {
    const known = this.stored.get(envelope);
    if (known === null) return;
    if (known !== undefined) return send(known);
    const bytes = bytesOf(envelope.message);
    this.written += 1;
    const { process, incarnation } = this.writer;
    const name = `${prefix}${process}/${incarnation}/${this.written}`;
    const message: StoredMessage = { type: storedType, blob: { name, bytes: bytes.length, checksum: checksum(bytes) } };
    this.stored.set(envelope, null);
    this.blobs.put(name, bytes, ({ outcome }) => {
      if (outcome !== 'stored') return void this.stored.delete(envelope);
      this.stored.set(envelope, message);
      this.clock.setTimer(keptMs, () => {
        this.stored.delete(envelope);
        this.blobs.delete(name, () => undefined);
      });
      send(message);
    });
  }

  /** Calls `done` with the message, unless it is not there or not whole. A repetition that comes meanwhile is not read again. */
  read({ blob }: StoredMessage, done: (message: AnyMessage) => void): void {
    if (this.reading.has(blob.name)) return;
    this.reading.add(blob.name);
    this.blobs.read(blob.name, (result) => {
      this.reading.delete(blob.name);
      if (result.outcome !== 'read') return;
      const { bytes } = result;
      if (bytes.length !== blob.bytes || checksum(bytes) !== blob.checksum) return;
      const message = messageIn(bytes);
      if (message !== null) done(message);
    });
  }
}

/** Removes what processes have left behind that ended before they could; called by a leader at its start. */
export function sweepMessages(blobs: BlobStore): void {
  blobs.list(prefix, (result) => {
    if (result.outcome === 'listed') for (const name of result.names) blobs.delete(name, () => undefined);
  });
}

const checksum = (bytes: Uint8Array): string => crc32(bytes).toString(16).padStart(8, '0');

function bytesOf(message: AnyMessage): Uint8Array {
  const writer = new ValueWriter();
  writer.write(message);
  return writer.copy();
}

function messageIn(bytes: Uint8Array): AnyMessage | null {
  try {
    const value = new ValueReader(bytes).read();
    return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
      ? (value as AnyMessage)
      : null;
  } catch {
    return null;
  }
}
