import {
  type KeyGroupPart,
  outgrown,
  type SnapshotBase,
  type StateProgress,
  type StateSnapshot,
} from '../state-snapshot.js';
import { ValueWriter } from '../value-writer.js';
import type { Cursor, Witness } from './cursor.js';
import { writeChanges } from './delta-format.js';
import { writeEntry, writeHead } from './group-format.js';
import type { Entry, IntervalChanges, KeyGroup } from './key-group.js';
import type { StateColumn } from './state-table.js';

/** What a snapshot is made from, as it is when it begins. */
export interface HeapSnapshotSetting {
  readonly cursor: Cursor;
  readonly columns: readonly StateColumn[];
  readonly watermark: number;
  /** Null when everything is to be written in full. */
  readonly base: { readonly interval: number; readonly parts: SnapshotBase } | null;
}

/** One group that is to be written. */
interface GroupTask {
  readonly index: number;
  readonly group: KeyGroup;
  readonly watermark: number;
  /** What changed since the base; null for all of the group. */
  readonly changes: readonly IntervalChanges[] | null;
  /** Its entries that were about to change before it was their turn. */
  early: ValueWriter | null;
  earlyCount: number;
  done: boolean;
}

/** So many bytes of an entry count as one entry more. */
const entryBytes = 64;

/**
 * A snapshot of the heap under way. To begin ends the interval and looks at each group once; entries are then written group by group. An entry that is about to
 * change, or to be handed out, and is not written yet is written at once, to its group: its stamp tells, because it is that of the snapshot when it was written by it, and a
 * later one when it changed since.
 */
export class HeapSnapshot implements StateSnapshot, Witness {
  readonly changed: KeyGroupPart[] = [];
  readonly unchanged: number[] = [];
  /** Stands for this snapshot among the intervals. */
  readonly stamp: number;
  private readonly tasks: GroupTask[] = [];
  private readonly taskOf = new Map<KeyGroup, GroupTask>();
  private next = 0;
  private under: Iterator<readonly [unknown, Entry]> | null = null;
  private readonly gone = new ValueWriter();
  private goneCount = 0;
  private readonly kept = new ValueWriter();
  private keptCount = 0;
  private readonly whole = new ValueWriter();
  /** Thrown while a change waited for its entry to be written: nobody's fault there, so it is thrown here. */
  private failed: { readonly error: unknown } | null = null;

  constructor(private readonly setting: HeapSnapshotSetting) {
    const { cursor, base, watermark } = setting;
    this.stamp = cursor.interval + 1;
    for (const { expiry } of setting.columns) expiry?.snapshotBegins();
    for (const [index, group] of cursor.groups.entries()) {
      if (group.entries.size === 0) continue;
      const partBytes = base?.parts.partBytes(group.keyGroup) ?? [];
      if (base !== null && group.changedIn <= base.interval && partBytes.length > 0) {
        this.unchanged.push(group.keyGroup);
        continue;
      }
      const changes = base === null || outgrown(partBytes) ? null : group.changesSince(base.interval);
      const task: GroupTask = {
        index,
        group,
        watermark: Math.max(group.watermarkFloor, watermark),
        changes,
        early: null,
        earlyCount: 0,
        done: false,
      };
      this.tasks.push(task);
      this.taskOf.set(group, task);
    }
    cursor.interval += 2;
    cursor.witness = this;
  }

  beforeChange(group: KeyGroup, key: unknown, entry: Entry): void {
    this.writtenEarly(group, key, entry);
  }

  beforeUse(group: KeyGroup, key: unknown, entry: Entry): void {
    if (this.writtenEarly(group, key, entry)) entry.stamp = this.stamp;
  }

  advance(entriesMax: number): StateProgress {
    if (this.failed !== null) {
      this.cancel();
      throw this.failed.error;
    }
    let left = Math.max(1, entriesMax);
    for (let task = this.tasks[this.next]; task !== undefined; task = this.tasks[this.next]) {
      this.under ??= this.begun(task);
      while (left > 0) {
        const step = this.under.next();
        if (step.done === true) {
          this.finish(task);
          break;
        }
        const before = this.kept.size;
        this.write(step.value[0], step.value[1], task);
        left -= 1 + (this.kept.size - before) / entryBytes;
      }
      if (left <= 0 && this.next < this.tasks.length) return 'progress';
    }
    this.cancel();
    return 'done';
  }

  cancel(): void {
    const { cursor } = this.setting;
    if (cursor.witness === this) cursor.witness = null;
    this.next = this.tasks.length;
  }

  private get baseInterval(): number {
    return this.setting.base?.interval ?? -1;
  }

  private begun({ group, changes, early, earlyCount }: GroupTask): Iterator<readonly [unknown, Entry]> {
    this.gone.clear();
    this.goneCount = 0;
    this.kept.clear();
    this.keptCount = 0;
    if (early !== null) this.kept.writeFrom(early);
    this.keptCount = earlyCount;
    return changes === null ? group.entries.entries() : entriesOf(changes);
  }

  /** False when it is written already, or not to be written. */
  private writtenEarly(group: KeyGroup, key: unknown, entry: Entry): boolean {
    const task = this.taskOf.get(group);
    if (task === undefined || task.done || this.failed !== null) return false;
    const isPending = entry.stamp < this.stamp && (task.changes === null || entry.stamp > this.baseInterval);
    if (!isPending) return false;
    try {
      this.writeEarly(key, entry, task);
      return true;
    } catch (error) {
      this.failed = { error };
      return false;
    }
  }

  private writeEarly(key: unknown, entry: Entry, task: GroupTask): void {
    if (this.under !== null && this.tasks[this.next] === task) {
      if (this.wrote(this.kept, key, entry, task)) this.keptCount += 1;
      return;
    }
    task.early ??= new ValueWriter();
    if (this.wrote(task.early, key, entry, task)) task.earlyCount += 1;
  }

  /** One entry in its turn. Those that were written before, or made after the snapshot began, have a later stamp. */
  private write(key: unknown, entry: Entry, task: GroupTask): void {
    if (entry.stamp >= this.stamp) return;
    if (entry.isEmpty) {
      this.gone.write(key);
      this.goneCount += 1;
    } else if (this.wrote(this.kept, key, entry, task)) this.keptCount += 1;
    entry.stamp = this.stamp;
    if (task.changes !== null) return;
    for (const { expiry } of this.setting.columns) expiry?.afterImage(task.index, key, entry);
  }

  private wrote(writer: ValueWriter, key: unknown, entry: Entry, task: GroupTask): boolean {
    const { columns } = this.setting;
    if (task.changes === null) return writeEntry(writer, key, entry, columns);
    return writeChanges(writer, key, entry, { columns, base: this.baseInterval });
  }

  private finish(task: GroupTask): void {
    const { group, watermark, changes } = task;
    task.done = true;
    this.under = null;
    this.next += 1;
    const { keyGroup } = group;
    if (this.keptCount + this.goneCount === 0) {
      if (changes !== null) this.unchanged.push(keyGroup);
      return;
    }
    const { whole } = this;
    whole.clear();
    writeHead(whole, this.setting.columns, changes !== null);
    if (changes !== null) {
      whole.write(this.goneCount);
      whole.writeFrom(this.gone);
    }
    whole.write(this.keptCount);
    whole.writeFrom(this.kept);
    this.changed.push({ keyGroup, watermark, kind: changes === null ? 'full' : 'delta', bytes: whole.copy() });
  }
}

function* entriesOf(changes: readonly IntervalChanges[]): Generator<readonly [unknown, Entry]> {
  for (const { keysAndEntries } of changes) {
    for (let at = 0; at < keysAndEntries.length; at += 2) {
      yield [keysAndEntries[at], keysAndEntries[at + 1] as Entry];
    }
  }
}
