import type { RetainedCheckpoint } from '../protocol/manifest.js';
import { blobNames } from './blobs.js';
import type { CheckpointCoordinatorContext } from './context.js';

interface Subsumed {
  readonly retained: readonly RetainedCheckpoint[];
  /** Blobs that only checkpoints refer to which are not kept any more. */
  readonly superseded: readonly string[];
}

/**
 * What is kept beside a new complete checkpoint, whose blobs these are. A blob is dead when no checkpoint that is kept refers to it: a chain of
 * deltas shares its beginning with all checkpoints since, so it may live for long after the one that wrote it.
 */
export function subsume(
  { plan, latest, retained }: CheckpointCoordinatorContext,
  names: ReadonlySet<string>,
): Subsumed {
  const { retainedCheckpoints = 1 } = plan.graph.options;
  const older = latest === null ? retained : [...retained, { id: latest.id, blobs: [...blobNames(latest.subtasks)] }];
  const first = Math.max(0, older.length - (retainedCheckpoints - 1));
  const kept = older.slice(first);
  const needed = new Set(kept.flatMap(({ blobs }) => blobs));
  const dropped = new Set(older.slice(0, first).flatMap(({ blobs }) => blobs));
  return {
    retained: kept,
    superseded: [...dropped].filter((name) => !names.has(name) && !needed.has(name)),
  };
}
