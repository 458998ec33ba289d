import type { CheckpointId } from '../../../actors/protocol/ids.js';
import { checkpointText, compareCheckpoints } from '../../../actors/protocol/ids.js';
import type { KeyGroupSnapshot } from '../../../actors/protocol/manifest.js';
import type { SnapshotBase } from '../../state/state-snapshot.js';

/** Where the key groups of one operator lie at one checkpoint. */
export class BaseTable implements SnapshotBase {
  private readonly groups: ReadonlyMap<number, KeyGroupSnapshot>;

  constructor(
    readonly checkpoint: CheckpointId,
    groups: readonly KeyGroupSnapshot[],
  ) {
    this.groups = new Map(groups.map((group) => [group.keyGroup, group]));
  }

  group(keyGroup: number): KeyGroupSnapshot | undefined {
    return this.groups.get(keyGroup);
  }

  partBytes(keyGroup: number): readonly number[] {
    return this.groups.get(keyGroup)?.ranges.map(({ bytes }) => bytes) ?? [];
  }
}

/** Where each key group of one operator lies, for each checkpoint that is, or may become, the base of another. */
export class StateTables {
  private readonly tables = new Map<string, BaseTable>();

  record(id: CheckpointId, groups: readonly KeyGroupSnapshot[]): void {
    this.tables.set(checkpointText(id), new BaseTable(id, groups));
  }

  /** Null when that checkpoint cannot be a base: it was not taken by this attempt, nor restored, or is forgotten. */
  at(base: CheckpointId | null): BaseTable | null {
    return base === null ? null : (this.tables.get(checkpointText(base)) ?? null);
  }

  forget(id: CheckpointId): void {
    this.tables.delete(checkpointText(id));
  }

  /** `base` is complete, so nothing older will be a base again. */
  confirm(base: CheckpointId): void {
    for (const [text, { checkpoint }] of this.tables) {
      if (compareCheckpoints(checkpoint, base) < 0) this.tables.delete(text);
    }
  }
}
