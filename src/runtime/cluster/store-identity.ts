import { EngineError } from '../../api/engine-error.js';
import type { BlobStore, CreateResult, ReadResult } from '../../ports/blob-store.js';
import type { Clock, Entropy } from '../../ports/clock.js';
import { DeadlineStore } from '../host/deadline-store.js';
import { decodeRecord, encodeRecord } from '../host/records.js';

const name = 'identity';
const retryMs = 100;

interface IdentityRecord {
  readonly format: 1;
  readonly id: string;
}

/**
 * What makes this store another one than every other, also than one of the same path on another machine: drawn by the first process
 * that opens it, and never changed. Rejects with an EngineError when the store cannot be used; asks until it can be told.
 */
export function identityOf(blobs: BlobStore, clock: Clock, entropy: Entropy, timeoutMs: number): Promise<string> {
  const store = new DeadlineStore(blobs, clock, timeoutMs);
  const record: IdentityRecord = { format: 1, id: entropy.id() };
  return new Promise((resolve, reject) => {
    const again = (): void => {
      clock.setTimer(retryMs, claim);
    };
    const read = (result: ReadResult): void => {
      if (result.outcome === 'failed') return reject(new EngineError(result.failure));
      if (result.outcome !== 'read') return again();
      const decoded = decodeRecord(name, result.bytes);
      if ('failure' in decoded) reject(new EngineError(decoded.failure));
      else resolve((decoded.record as IdentityRecord).id);
    };
    const created = (result: CreateResult): void => {
      if (result.outcome === 'failed') reject(new EngineError(result.failure));
      else if (result.outcome === 'created') resolve(record.id);
      // After an unknown outcome it may be ours that stands there.
      else store.read(name, read);
    };
    const claim = (): void => store.create(name, encodeRecord(record), created);
    claim();
  });
}
