import type { Failure } from '../../../actors/kernel/failure.js';
import type { MemoryShare } from '../slot/slot-memory.js';
import { type StoreRequest, type StoreSetting, storeBlob } from './checkpoint-store.js';

export interface UploadSetting extends StoreSetting {
  /** What snapshots of the slot hold until it is durable. */
  readonly memory: MemoryShare;
  /** A blob reaches this size at most, but for one piece that is larger. */
  readonly blobBytes: number;
  /** Called when something has become durable, or cannot. */
  wake(): void;
}

/** Makes the blobs of one snapshot durable while it is written and records go on, and counts what it holds in memory meanwhile. */
export class SnapshotUpload {
  failure: Failure | null = null;
  private readonly requests = new Set<StoreRequest>();
  private readonly names: string[] = [];
  private heldBytes = 0;
  private waiting = 0;
  private done: (() => void) | null = null;
  private closed = false;

  constructor(private readonly setting: UploadSetting) {}

  get blobBytes(): number {
    return this.setting.blobBytes;
  }

  /** Nothing more should be written until some of what is held, here or by others of the slot, is durable. */
  get isFull(): boolean {
    return this.setting.memory.isFull;
  }

  /** Something was written that will be put. */
  hold(bytes: number): void {
    this.heldBytes += bytes;
    this.setting.memory.take(bytes);
  }

  put(blob: { readonly name: string; readonly bytes: Uint8Array }): void {
    this.waiting += 1;
    this.names.push(blob.name);
    // The process may end within the call.
    let sent: StoreRequest | null = null;
    const request: StoreRequest = { cancel: () => sent?.cancel() };
    this.requests.add(request);
    sent = storeBlob(this.setting, blob, (failed) => {
      if (this.closed) return;
      this.requests.delete(request);
      this.waiting -= 1;
      this.failure ??= failed;
      this.release(blob.bytes.length);
      if (this.waiting === 0) this.done?.();
      this.setting.wake();
    });
  }

  /** All of it is put. `done` is called once, unless it is cancelled before: with null when all is durable. */
  finish(done: (failed: Failure | null) => void): void {
    if (this.waiting === 0) done(this.failure);
    else this.done = () => done(this.failure);
  }

  private cancel(): void {
    this.closed = true;
    for (const request of this.requests) request.cancel();
    this.requests.clear();
    this.release(this.heldBytes);
  }

  /**
   * Nobody waits for it any more, and nobody has heard of what is stored: nobody else would delete it before the end of the job. A write of which nothing is
   * known may come later, and stays until then.
   */
  discard(): void {
    this.cancel();
    for (const name of this.names) this.setting.blobs.delete(name, () => undefined);
  }

  private release(bytes: number): void {
    this.heldBytes -= bytes;
    this.setting.memory.release(bytes);
  }
}
