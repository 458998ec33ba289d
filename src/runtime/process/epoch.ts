import type { Failure } from '../../../actors/kernel/failure.js';
import { type Epoch, epochsPrefix } from '../../../actors/protocol/ids.js';
import type { BlobStore } from '../../ports/blob-store.js';
import type { Clock } from '../../ports/clock.js';

export type Claim = { readonly ok: true; readonly epoch: Epoch } | { readonly ok: false; readonly failure: Failure };

const prefix = epochsPrefix;
const retryMs = 100;

/**
 * Claims an epoch above every one that was ever claimed in this store. The claim is create-only, so no two processes lead with the
 * same number; a number whose claim has no known outcome is given up for the next.
 */
export function claimEpoch(blobs: BlobStore, clock: Clock, done: (claim: Claim) => void): void {
  const retry = (): void => {
    clock.setTimer(retryMs, () => claimEpoch(blobs, clock, done));
  };
  blobs.list(prefix, (result) => {
    if (result.outcome === 'failed') return done({ ok: false, failure: result.failure });
    if (result.outcome === 'unknown') return retry();
    const highest = result.names.reduce((max, name) => Math.max(max, Number(name.slice(prefix.length))), 0);
    claim(blobs, highest + 1, retry, done);
  });
}

function claim(blobs: BlobStore, epoch: Epoch, retry: () => void, done: (claim: Claim) => void): void {
  blobs.create(`${prefix}${String(epoch).padStart(8, '0')}`, new Uint8Array(0), (result) => {
    if (result.outcome === 'created') done({ ok: true, epoch });
    else if (result.outcome === 'failed') done({ ok: false, failure: result.failure });
    else if (result.outcome === 'exists') claim(blobs, epoch + 1, retry, done);
    else retry();
  });
}
