import type { CheckpointId } from '../../actors/protocol/ids.js';

/**
 * How far work in slices has come. `progress`: it goes on at once when asked again. `blocked`: it waits for something outside; the `wake` that the
 * backend was created with is called when asking again is worth it. `done`: it is over, and asking again says so again.
 */
export type StateProgress = 'done' | 'progress' | 'blocked';

/** What a snapshot writes of one key group. */
export interface KeyGroupPart {
  readonly keyGroup: number;
  /** The watermark that was current in it when the snapshot began. */
  readonly watermark: number;
  /** `full`: all of the group, which ends its chain. `delta`: what changed since the base; it goes to the end of the group's chain at the base. */
  readonly kind: 'full' | 'delta';
  readonly bytes: Uint8Array;
}

/** One key group as it is restored: a full image, then deltas in the order in which they were written. */
export interface KeyGroupImage {
  readonly keyGroup: number;
  readonly watermark: number;
  readonly parts: readonly Uint8Array[];
}

/** A confirmed checkpoint on which a snapshot builds. */
export interface SnapshotBase {
  readonly checkpoint: CheckpointId;
  /** The length in bytes of each part of the group's chain there, the full image first; empty for a group that had no state. */
  partBytes(keyGroup: number): readonly number[];
}

/**
 * A snapshot under way. It holds the state exactly as it was when `snapshot` was called, whatever is changed while it is written: what is about to be
 * changed and is not written yet is written first.
 */
export interface StateSnapshot {
  /**
   * Writes about `entriesMax` entries (one at least), counted as records are, because budgets are no milliseconds where time is simulated. Never
   * called from within a call of user code. Throws STATE_UNSUPPORTED for a value that cannot be stored; the snapshot is over then.
   */
  advance(entriesMax: number): StateProgress;
  /** The groups that are written so far, each once, in order; who takes one out has it for himself, so that not all are in memory at a time. */
  readonly changed: KeyGroupPart[];
  /** Once done: groups whose chain at the base still holds as it is. Groups in neither list are empty. */
  readonly unchanged: readonly number[];
  /**
   * Lets go of what it holds; harmless when it is done. What changed stays remembered as changed, so the next snapshot loses nothing. It does not say that the
   * checkpoint is aborted: `aborted` does.
   */
  cancel(): void;
}

/** More parts make every restore read from more places, keep old blobs alive, and make the manifest, which names each, longer. */
const partsMax = 10;

/**
 * Whether a changed group is to be written in full: it has no chain yet, its deltas outgrow its image (so reading and keeping them costs more than
 * the image does), or its chain is long.
 */
export function outgrown(partBytes: readonly number[]): boolean {
  const [image, ...deltas] = partBytes;
  if (image === undefined || partBytes.length >= partsMax) return true;
  return deltas.reduce((sum, bytes) => sum + bytes, 0) > image;
}
