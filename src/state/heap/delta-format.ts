import { Unreadable, type ValueReader } from '../value-reader.js';
import type { ValueWriter } from '../value-writer.js';
import type { Admission } from './admission.js';
import {
  filledOf,
  type GroupColumn,
  readContent,
  readEntry,
  readKey,
  readValue,
  readValues,
  refuseUnstorable,
  storedContent,
  storedValues,
  writeContent,
  writeStates,
} from './group-format.js';
import { HeapList } from './heap-list.js';
import { type ChangedKeys, HeapMap } from './heap-map.js';
import { bitOf, Entry, type KeyGroup } from './key-group.js';
import type { TimerPlace } from './key-timers.js';
import type { StateColumn } from './state-table.js';

/**
 * What changed in one key group since a base, as bytes: format 3, the states as in group-format.ts, then
 *
 *     number of keys that are gone, and each of them
 *     number of keys that changed
 *     for each: key, then 1 and all that it has, as in an image, in the place of what it had; or 0 and
 *       number of its states that changed
 *       for each of these: index of the state, how           0: it has nothing there any more
 *                                                            1: content, as in an image
 *                                                            2: what changed of a list or a map without a TTL:
 *                                                               list: number of values that stay, array of those
 *                                                               that come behind them; map: number of
 *                                                               keys that were removed, each of them, also those that
 *                                                               have come back since; number of pairs that were set,
 *                                                               key and value of each
 *
 * Keys that are gone come first, because one of them may have come back. Applied to what was at the base it gives what was at the snapshot, in whatever order the
 * changed keys stand.
 */
const how = { gone: 0, whole: 1, patch: 2 } as const;
export const keyHow = { merged: 0, replaced: 1 } as const;

/** One key that changed and is not gone; false, and nothing is written, when nothing of it is to be stored. */
export function writeChanges(
  writer: ValueWriter,
  key: unknown,
  entry: Entry,
  { columns, base }: { readonly columns: readonly StateColumn[]; readonly base: number },
): boolean {
  // It changed in several intervals since the base, or was made since.
  if (entry.since > base) {
    const filled = filledOf(entry, columns);
    writer.write(key);
    writer.writeByte(keyHow.replaced);
    writeStates(writer, filled, entry, columns);
    return true;
  }
  const { changes } = entry;
  let changed = 0;
  for (const { slot } of columns) if ((changes & bitOf(slot)) !== 0) changed += 1;
  writer.write(key);
  writer.writeByte(keyHow.merged);
  writer.write(changed);
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index] as StateColumn;
    if ((changes & bitOf(column.slot)) === 0) continue;
    writer.write(index);
    const content = storedContent(column, entry);
    if (content === undefined) writer.writeByte(how.gone);
    else if (!wrotePatch(writer, column, content, base)) {
      writer.writeByte(how.whole);
      writeContent(writer, column, content);
    }
  }
  return true;
}

/**
 * False when the content does not know what of it has changed. What it knows is of its last interval, like the changes of its entry, which is replaced when it changed in
 * more than one since the base.
 */
function wrotePatch(writer: ValueWriter, column: StateColumn, content: unknown, base: number): boolean {
  try {
    if (content instanceof HeapList) {
      const kept = content.keptSince(base);
      if (kept === null) return false;
      writer.writeByte(how.patch);
      writer.write(kept);
      writer.write(storedValues(content.values.slice(kept), column.admission));
      return true;
    }
    if (!(content instanceof HeapMap)) return false;
    const changed = content.changedSince(base);
    if (changed === null) return false;
    writer.writeByte(how.patch);
    writeMapPatch(writer, content, changed, column.admission);
    return true;
  } catch (error) {
    return refuseUnstorable(column, error);
  }
}

function writeMapPatch(
  writer: ValueWriter,
  map: HeapMap<unknown, unknown>,
  changed: ChangedKeys<unknown>,
  admission: Admission,
): void {
  const removed: unknown[] = [];
  let set = 0;
  for (const [key, change] of changed.entries()) {
    const isThere = map.has(key);
    if (isThere) set += 1;
    if (!isThere || change === 'removed') removed.push(key);
  }
  writer.write(removed.length);
  for (const key of removed) writer.write(key);
  writer.write(set);
  for (const [key] of changed.entries()) {
    const value = map.get(key);
    if (value === undefined) continue;
    writer.write(key);
    writer.write(admission.stored(value));
  }
}

/** Reads on after the states, and applies it to `group`; `columns` are those of the states, in their order. */
export function applyDelta(
  reader: ValueReader,
  group: KeyGroup,
  columns: readonly GroupColumn[],
  maxParallelism: number,
): void {
  const { entries } = group;
  for (let left = reader.readCount(); left > 0; left--) entries.delete(readKey(reader, group, maxParallelism));
  for (let left = reader.readCount(); left > 0; left--) {
    const key = readKey(reader, group, maxParallelism);
    const entry =
      reader.readByte() === keyHow.replaced
        ? readEntry(reader, columns, key, group)
        : merged(reader, columns, key, group);
    if (entry.isEmpty) entries.delete(key);
    else entries.set(key, entry);
  }
}

function merged(reader: ValueReader, columns: readonly GroupColumn[], key: unknown, group: KeyGroup): Entry {
  const entry = group.entries.get(key) ?? new Entry();
  for (let states = reader.readCount(); states > 0; states--) {
    const column = columns[reader.readIndex(columns.length)] as GroupColumn;
    entry.set(column.slot, changedContent(reader, column, { key, group, entry }));
  }
  return entry;
}

function changedContent(reader: ValueReader, column: GroupColumn, place: TimerPlace): unknown {
  switch (reader.readByte()) {
    case how.gone:
      return undefined;
    case how.whole:
      return readContent(reader, column, place);
    case how.patch:
      return patched(reader, column, place.entry.get(column.slot));
    default:
      throw new Unreadable('it does not say how a state changed');
  }
}

function patched(reader: ValueReader, column: GroupColumn, content: unknown): HeapList | HeapMap<unknown, unknown> {
  if (content instanceof HeapList) {
    const kept = reader.readIndex(content.values.length + 1);
    return new HeapList([...content.values.slice(0, kept), ...readValues(reader, column, 0)], 0);
  }
  if (!(content instanceof HeapMap)) throw new Unreadable('a state changed that the base does not have');
  for (let left = reader.readCount(); left > 0; left--) content.delete(reader.read());
  for (let left = reader.readCount(); left > 0; left--) {
    const key = reader.read();
    column.admission.restored(key);
    content.set(key, readValue(reader, column));
  }
  if (content.size === 0) throw new Unreadable('a map state holds no pairs');
  return content;
}
