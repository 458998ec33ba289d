import { crc32 } from 'node:zlib';
import type { Effect } from '../../../actors/kernel/effect.js';
import type { RecordEvent } from '../../../actors/kernel/message.js';
import { failure } from '../../../actors/protocol/failure.js';
import type { BlobHandle } from '../../../actors/protocol/manifest.js';
import type { BlobStore } from '../../ports/blob-store.js';

type Copy = Extract<Effect, { kind: 'blobs.copy' }>;
type Copied = { readonly type: 'blobs.copied'; readonly request: string };

/** Performs `blobs.copy` on a blob store: one blob after the other, so that no more than one is in memory. Every answer is one event. */
export class BlobCopier {
  constructor(private readonly blobs: BlobStore) {}

  copy({ request, blobs }: Copy, done: (event: Copied | RecordEvent) => void): void {
    const [first, ...others] = blobs;
    if (first === undefined) return done({ type: 'blobs.copied', request });
    const { from, to } = first;
    this.blobs.read(from.name, (found) => {
      if (found.outcome === 'unknown') return done({ type: 'record.unknown', request });
      if (found.outcome === 'failed') return done({ type: 'record.failed', request, failure: found.failure });
      const wrong = found.outcome === 'missing' ? 'it is missing' : wrongIn(found.bytes, from);
      if (found.outcome === 'missing' || wrong !== null) {
        const text = `${from.name} is not what the checkpoint wrote: ${wrong}`;
        const damaged = failure('CHECKPOINT_DAMAGED', 'infrastructure', text, 'never');
        return done({ type: 'record.failed', request, failure: damaged });
      }
      this.blobs.put(to, found.bytes, (stored) => {
        if (stored.outcome === 'unknown') return done({ type: 'record.unknown', request });
        if (stored.outcome === 'failed') return done({ type: 'record.failed', request, failure: stored.failure });
        this.copy({ kind: 'blobs.copy', request, blobs: others }, done);
      });
    });
  }
}

function wrongIn(found: Uint8Array, { bytes, checksum }: BlobHandle): string | null {
  if (found.length !== bytes) return `it has ${found.length} bytes and not ${bytes}`;
  const sum = crc32(found).toString(16).padStart(8, '0');
  return sum === checksum ? null : `its checksum is ${sum} and not ${checksum}`;
}
