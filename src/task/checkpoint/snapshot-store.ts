import type { Failure } from '../../../actors/kernel/failure.js';
import type { CheckpointId } from '../../../actors/protocol/ids.js';
import { checkpointText, compareCheckpoints } from '../../../actors/protocol/ids.js';
import { type StoreRequest, type StoreSetting, storeBlob } from './checkpoint-store.js';
import type { TakenSnapshot } from './subtask-snapshot.js';

/** Makes the snapshots of a subtask durable while records go on. A later one does not wait for an earlier one. */
export class SnapshotStore {
  private readonly requests = new Map<string, { readonly checkpoint: CheckpointId; readonly request: StoreRequest }>();

  constructor(private readonly setting: StoreSetting) {}

  /** `done` is called once, unless the checkpoint is given up before: with null when the snapshot is durable. */
  store(checkpoint: CheckpointId, { blob }: TakenSnapshot, done: (failed: Failure | null) => void): void {
    if (blob === null) {
      done(null);
      return;
    }
    const text = checkpointText(checkpoint);
    const request = storeBlob(this.setting, blob, (failed) => {
      this.requests.delete(text);
      done(failed);
    });
    this.requests.set(text, { checkpoint, request });
  }

  /** Nobody waits for this checkpoint, or an older one, any more. */
  giveUp(through: CheckpointId): void {
    for (const [text, { checkpoint, request }] of this.requests) {
      if (compareCheckpoints(checkpoint, through) > 0) continue;
      request.cancel();
      this.requests.delete(text);
    }
  }

  close(): void {
    for (const { request } of this.requests.values()) request.cancel();
    this.requests.clear();
  }
}
