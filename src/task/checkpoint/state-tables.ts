import type { CheckpointId } from '../../../actors/protocol/ids.js';
import { checkpointText, compareCheckpoints } from '../../../actors/protocol/ids.js';
import type { KeyGroupSnapshot } from '../../../actors/protocol/manifest.js';

/** Where each key group of one operator lies, for each checkpoint that is, or may become, the base of another. */
export class StateTables {
  private readonly tables = new Map<string, { id: CheckpointId; groups: ReadonlyMap<number, KeyGroupSnapshot> }>();

  record(id: CheckpointId, groups: readonly KeyGroupSnapshot[]): void {
    this.tables.set(checkpointText(id), { id, groups: new Map(groups.map((group) => [group.keyGroup, group])) });
  }

  /** Null when that checkpoint cannot be a base: it was not taken by this attempt, nor restored, or is forgotten. */
  at(base: CheckpointId | null): ReadonlyMap<number, KeyGroupSnapshot> | null {
    return base === null ? null : (this.tables.get(checkpointText(base))?.groups ?? null);
  }

  forget(id: CheckpointId): void {
    this.tables.delete(checkpointText(id));
  }

  /** `base` is complete, so nothing older will be a base again. */
  confirm(base: CheckpointId): void {
    for (const [text, { id }] of this.tables) {
      if (compareCheckpoints(id, base) < 0) this.tables.delete(text);
    }
  }
}
