import type { KeyGroupImage, KeyGroupPart, SnapshotBase, StateSnapshot } from '../../../src/state/state-snapshot.js';

/** All of a snapshot at once. */
export function written(snapshot: StateSnapshot): {
  readonly changed: readonly KeyGroupPart[];
  readonly unchanged: readonly number[];
} {
  const progress = snapshot.advance(Number.POSITIVE_INFINITY);
  if (progress !== 'done') throw new Error(`a snapshot without a limit says '${progress}'`);
  return { changed: snapshot.changed, unchanged: snapshot.unchanged };
}

/** A group that was written in full, as it is restored. */
export function imageOf({ keyGroup, watermark, kind, bytes }: KeyGroupPart): KeyGroupImage {
  if (kind !== 'full') throw new Error(`key group ${keyGroup} is a delta`);
  return { keyGroup, watermark, parts: [bytes] };
}

/** A base where every group is one image, longer than any delta of a spec. */
export const baseOf = (n: number): SnapshotBase => ({ checkpoint: { epoch: 1, n }, partBytes: () => [1_000_000] });
