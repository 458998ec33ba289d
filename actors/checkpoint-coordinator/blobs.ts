import type { SubtaskSnapshot } from '../protocol/manifest.js';

/** Names of all blobs that these parts refer to: written for them, or taken over from their base. */
export function blobNames(snapshots: readonly SubtaskSnapshot[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { operators } of snapshots) {
    for (const { keyGroups, operatorState } of operators) {
      for (const { range } of keyGroups) names.add(range.blob.name);
      if (operatorState !== null) names.add(operatorState.blob.name);
    }
  }
  return names;
}
