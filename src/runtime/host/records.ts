import { crc32 } from 'node:zlib';
import type { Failure } from '../../../actors/kernel/failure.js';
import { failure } from '../../../actors/kernel/failure.js';
import type { RecordEvent } from '../../../actors/kernel/message.js';
import type { BlobHandle } from '../../../actors/protocol/manifest.js';
import { savepointsPrefix } from '../../../actors/protocol/savepoint.js';
import type { BlobStore } from '../../ports/blob-store.js';

/** A small durable record as bytes: one line with the checksum, then JSON that a person can read. */
export function encodeRecord(record: unknown): Uint8Array {
  const body = JSON.stringify(record);
  return Buffer.from(`crc32 ${checksumOf(body)}\n${body}\n`);
}

export function decodeRecord(
  name: string,
  bytes: Uint8Array,
): { readonly record: unknown } | { readonly failure: Failure } {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  const match = /^crc32 ([0-9a-f]{8})\n([\s\S]*)\n$/.exec(text);
  if (match === null) return { failure: damaged(name, 'it does not have the form of a record') };
  const [, expected, body] = match as unknown as [string, string, string];
  const found = checksumOf(body);
  if (found !== expected) return { failure: damaged(name, `its checksum is ${found} and should be ${expected}`) };
  return { record: JSON.parse(body) as unknown };
}

const checksumOf = (text: string): string => crc32(text).toString(16).padStart(8, '0');

const damaged = (name: string, why: string): Failure =>
  failure(
    'RECORD_DAMAGED',
    'infrastructure',
    `The record ${name} is damaged: ${why}. Restore it from a copy, or ${instead(name)}.`,
    'never',
  );

interface BlobCopy {
  readonly from: BlobHandle;
  readonly to: string;
}

const instead = (name: string): string =>
  name.startsWith(savepointsPrefix) ? 'take another savepoint' : 'start the job under another id';

/** Performs `record.*` effects on a blob store, and copies blobs; every answer is one RecordEvent. */
export class Records {
  constructor(private readonly blobs: BlobStore) {}

  create(request: string, key: string, record: unknown, done: (event: RecordEvent) => void): void {
    this.blobs.create(key, encodeRecord(record), (result) => {
      if (result.outcome === 'created') done({ type: 'record.created', request });
      else if (result.outcome === 'exists') this.readExisting(request, key, done);
      else done(trouble(request, result));
    });
  }

  read(request: string, key: string, done: (event: RecordEvent) => void): void {
    this.blobs.read(key, (result) => {
      if (result.outcome === 'missing') return done({ type: 'record.missing', request });
      if (result.outcome !== 'read') return done(trouble(request, result));
      const decoded = decodeRecord(key, result.bytes);
      if ('failure' in decoded) done({ type: 'record.failed', request, failure: decoded.failure });
      else done({ type: 'record.read', request, record: decoded.record });
    });
  }

  list(request: string, prefix: string, done: (event: RecordEvent) => void): void {
    this.blobs.list(prefix, (result) => {
      if (result.outcome === 'listed') done({ type: 'record.listed', request, keys: result.names });
      else done(trouble(request, result));
    });
  }

  /** Of several that do not succeed, the first answers. A damaged one is not copied. */
  copy(request: string, copies: readonly BlobCopy[], done: (event: RecordEvent) => void): void {
    let open = copies.length;
    const end = (event: RecordEvent): void => {
      if (open > 0) done(event);
      open = 0;
    };
    if (open === 0) return done({ type: 'record.created', request });
    for (const { from, to } of copies) {
      this.blobs.read(from.name, (read) => {
        if (read.outcome === 'missing') return end({ type: 'record.missing', request });
        if (read.outcome !== 'read') return end(trouble(request, read));
        const found = crc32(read.bytes).toString(16).padStart(8, '0');
        if (found !== from.checksum)
          return end({ type: 'record.failed', request, failure: damaged(from.name, `its checksum is ${found}`) });
        this.blobs.put(to, read.bytes, (put) => {
          if (put.outcome !== 'stored') return end(trouble(request, put));
          if (open > 1) open -= 1;
          else end({ type: 'record.created', request });
        });
      });
    }
  }

  /** What stands there decides whose write it was; if it cannot be read just now, the outcome is unknown. */
  private readExisting(request: string, key: string, done: (event: RecordEvent) => void): void {
    this.read(request, key, (event) => {
      if (event.type === 'record.read') done({ type: 'record.exists', request, record: event.record });
      else if (event.type === 'record.missing') done({ type: 'record.unknown', request });
      else done(event);
    });
  }
}

function trouble(
  request: string,
  result: { readonly outcome: 'unknown' } | { readonly outcome: 'failed'; readonly failure: Failure },
): RecordEvent {
  if (result.outcome === 'unknown') return { type: 'record.unknown', request };
  return { type: 'record.failed', request, failure: result.failure };
}
