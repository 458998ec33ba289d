import type { KeyGroupImage, SnapshotBase, StateSnapshot } from '../../src/state/state-snapshot.js';

/** What a checkpoint has of each key group. */
export type GroupImages = ReadonlyMap<number, KeyGroupImage>;

/** The checkpoint of that number as the base of the next one. */
export const baseOf = (n: number, groups: GroupImages): SnapshotBase => ({
  checkpoint: { epoch: 1, n },
  partBytes: (keyGroup) => groups.get(keyGroup)?.parts.map(({ length }) => length) ?? [],
});

/** The groups of a checkpoint that is done: of those that did not change, what its base has. */
export function groupsOf({ changed, unchanged }: StateSnapshot, base: GroupImages): GroupImages {
  const groups = new Map<number, KeyGroupImage>();
  for (const keyGroup of unchanged) groups.set(keyGroup, base.get(keyGroup) as KeyGroupImage);
  for (const { keyGroup, watermark, kind, bytes } of changed) {
    const before = kind === 'full' ? [] : (base.get(keyGroup)?.parts ?? []);
    groups.set(keyGroup, { keyGroup, watermark, parts: [...before, bytes] });
  }
  return groups;
}
