import { rangesOf, type SubtaskSnapshot } from '../protocol/manifest.js';

/** Names of all blobs that these parts refer to: written for them, or taken over from their base. */
export function blobNames(snapshots: readonly SubtaskSnapshot[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { operators } of snapshots) {
    for (const operator of operators) for (const { blob } of rangesOf(operator)) names.add(blob.name);
  }
  return names;
}
