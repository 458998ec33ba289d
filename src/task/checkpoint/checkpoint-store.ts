import { type Failure, failure } from '../../../actors/kernel/failure.js';
import type { BlobHandle } from '../../../actors/protocol/manifest.js';
import type { BlobStore, PutResult, ReadResult } from '../../ports/blob-store.js';
import type { Clock, Timer } from '../../ports/clock.js';
import { checksumText } from './subtask-snapshot.js';

/** Between an unknown outcome and the next attempt at the same thing. */
const retryMs = 100;

export interface StoreSetting {
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** A request to the store that is made again until its outcome is known, or its time is over. */
export interface StoreRequest {
  /** Its answer is not wanted any more. */
  cancel(): void;
}

/** Stores the bytes: to put the same bytes again is harmless, so an unknown outcome is settled by doing so. */
export function storeBlob(
  setting: StoreSetting,
  { name, bytes }: { readonly name: string; readonly bytes: Uint8Array },
  done: (failed: Failure | null) => void,
): StoreRequest {
  return insist<PutResult>(
    setting,
    `write ${name}`,
    (answer) => setting.blobs.put(name, bytes, answer),
    done,
    (result) => {
      if (result.outcome === 'failed') done(result.failure);
      else done(null);
    },
  );
}

/** Reads a blob and holds it against its handle. */
export function loadBlob(
  setting: StoreSetting,
  handle: BlobHandle,
  done: (result: Uint8Array | Failure) => void,
): StoreRequest {
  const { name } = handle;
  return insist<ReadResult>(
    setting,
    `read ${name}`,
    (answer) => setting.blobs.read(name, answer),
    done,
    (result) => {
      if (result.outcome === 'failed') done(result.failure);
      else if (result.outcome === 'read') done(damageOf(handle, result.bytes) ?? result.bytes);
      else done(damaged(handle, 'it is missing'));
    },
  );
}

/** Asks until the outcome is known; one that is not settled within the time is a failure. */
function insist<R extends { readonly outcome: string }>(
  { clock, timeoutMs }: StoreSetting,
  what: string,
  ask: (answer: (result: R) => void) => void,
  failed: (failure: Failure) => void,
  known: (result: R) => void,
): StoreRequest {
  let open = true;
  let retry: Timer | null = null;
  const close = (): void => {
    open = false;
    retry?.cancel();
    deadline.cancel();
  };
  const deadline = clock.setTimer(timeoutMs, () => {
    if (!open) return;
    close();
    failed(
      failure(
        'STORE_TIMEOUT',
        'infrastructure',
        `the checkpoint store did not ${what} within ${timeoutMs} ms; see whether it is reachable`,
      ),
    );
  });
  const attempt = (): void => {
    ask((result) => {
      if (!open) return;
      if (result.outcome === 'unknown') {
        retry = clock.setTimer(retryMs, attempt);
        return;
      }
      close();
      known(result);
    });
  };
  attempt();
  return { cancel: close };
}

function damageOf(handle: BlobHandle, bytes: Uint8Array): Failure | null {
  if (bytes.length !== handle.bytes) return damaged(handle, `it has ${bytes.length} bytes and not ${handle.bytes}`);
  const checksum = checksumText(bytes);
  return checksum === handle.checksum
    ? null
    : damaged(handle, `its checksum is ${checksum} and not ${handle.checksum}`);
}

/** Another restart would read the same bytes. */
export const damaged = ({ name }: Pick<BlobHandle, 'name'>, what: string): Failure =>
  failure(
    'CHECKPOINT_DAMAGED',
    'infrastructure',
    `${name} is not what the checkpoint wrote: ${what}. ${wayOut(name)}`,
    'never',
  );

/** The job that this ends keeps what it has: with the file back, another goes on from there. */
function wayOut(name: string): string {
  const [, job] = /^jobs\/([^/]+)\//.exec(name) ?? [];
  if (job === undefined) return 'Put the file back from a copy, or begin with another savepoint';
  return `Put the file back from a copy and go on from it (--from checkpoint:${job}), or start the job anew under another name`;
}
