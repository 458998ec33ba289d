import { InvariantViolation } from '../../../actors/kernel/invariant.js';
import { keyGroupOf } from '../key-groups.js';
import { Unreadable, type ValueReader } from '../value-reader.js';
import { Unstorable, type ValueWriter } from '../value-writer.js';
import { CanonicalMap } from './canonical-map.js';
import type { HeapList } from './heap-list-state.js';
import type { HeapTimers } from './heap-timers.js';
import { Entry, type KeyGroup } from './key-group.js';
import { type HeapTimer, type KeyTimer, KeyTimers } from './key-timers.js';
import type { StateColumn, StateKind } from './state-table.js';
import type { TimedContent } from './timed-content.js';
import { readTimed, writeTimed } from './timed-format.js';

/**
 * One key group as bytes: the format's number in one byte, then MessagePack values one after the other:
 *
 *     [[state, kind], …]                                     the states of the operator, by name; with a third
 *                                                            element, true, for those with a TTL
 *     number of keys
 *     for each key: key, number of states that it has
 *       for each of these: index of the state, content       value: itself; list: an array;
 *                                                            map: number of pairs, then key and value of each
 *                                                            timers: their number, then time and namespace of each
 *                                                            reducing, aggregating: as a value
 *       with a TTL each of these stands behind its time:     value: time, value; list: number, then time and value of
 *                                                            each; map: number, then key, time and value of each
 *
 * Format 1 knows value, list and map state and timers, and no TTL. It is written as long as it suffices; both are read.
 *
 * Keys, map keys and list elements keep their order, so the same changes in the same order give the same bytes, also
 * after a restore.
 */
const plainFormat = 1;
const fullFormat = 2;

const plainKinds: readonly unknown[] = ['value', 'list', 'map', 'timers'] satisfies readonly StateKind[];
const kinds: readonly unknown[] = [...plainKinds, ...(['reducing', 'aggregating'] satisfies readonly StateKind[])];

export function writeGroup(writer: ValueWriter, group: KeyGroup, columns: readonly StateColumn[]): Uint8Array {
  writer.clear();
  const isPlain = columns.every(({ kind, timed }) => !timed && plainKinds.includes(kind));
  writer.writeByte(isPlain ? plainFormat : fullFormat);
  writer.write(columns.map(({ name, kind, timed }) => (timed ? [name, kind, true] : [name, kind])));
  writer.write(group.entries.size);
  for (const [key, entry] of group.entries.entries()) {
    writer.write(key);
    writer.write(entry.filled);
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index] as StateColumn;
      const content = entry.get(column.slot);
      if (content === undefined) continue;
      writer.write(index);
      writeContent(writer, column, content);
    }
  }
  return writer.copy();
}

/** What of a column its bytes depend on. */
export type ContentColumn = Pick<StateColumn, 'kind' | 'timed' | 'admission'>;

export function writeContent(writer: ValueWriter, column: ContentColumn, content: unknown): void {
  try {
    if (column.timed) writeTimed(writer, content as TimedContent);
    else if (column.kind === 'list') writer.write((content as HeapList).values);
    else if (column.kind === 'map') writeMap(writer, content as CanonicalMap<unknown, unknown>);
    else if (column.kind === 'timers') writeTimers(writer, content as KeyTimers<KeyTimer>);
    else writer.write(content);
  } catch (error) {
    if (error instanceof Unstorable) column.admission.refuse(`value${error.message}`);
    throw error;
  }
}

function writeMap(writer: ValueWriter, map: CanonicalMap<unknown, unknown>): void {
  writer.write(map.size);
  for (const [key, value] of map.entries()) {
    writer.write(key);
    writer.write(value);
  }
}

function writeTimers(writer: ValueWriter, { list }: KeyTimers<KeyTimer>): void {
  writer.write(list.length);
  for (const { time, namespace } of list) {
    writer.write(time);
    writer.write(namespace);
  }
}

/** The states that the bytes speak of. Throws Unreadable for another format and for damaged bytes. */
export function readStates(reader: ValueReader): readonly (readonly [name: string, kind: StateKind, timed: boolean])[] {
  const format = reader.readByte();
  if (format !== plainFormat && format !== fullFormat) {
    throw new Unreadable(`its format is ${format}, and this version reads ${plainFormat} and ${fullFormat}`);
  }
  const states = reader.read();
  if (!Array.isArray(states)) throw new Unreadable('it has no list of states');
  return states.map((state: unknown) => {
    const isState =
      Array.isArray(state) &&
      typeof state[0] === 'string' &&
      (format === plainFormat ? plainKinds : kinds).includes(state[1]) &&
      (state.length === 2 || (format === fullFormat && state[2] === true && state[1] !== 'timers'));
    if (!isState) throw new Unreadable('its list of states is damaged');
    return [state[0], state[1], state.length > 2];
  });
}

/** Reads on after the states, into `group`; `columns` are those of the states, in their order. */
export function readEntries(
  reader: ValueReader,
  group: KeyGroup,
  columns: readonly StateColumn[],
  maxParallelism: number,
): void {
  for (let left = reader.readCount(); left > 0; left--) {
    const key = reader.read();
    const placed = keyGroupOf(key, maxParallelism);
    if (placed !== group.keyGroup) {
      throw new Unreadable(
        `it holds a key of group ${placed}; was it written with another maximal parallelism than ${maxParallelism}?`,
      );
    }
    group.entries.set(key, readEntry(reader, columns, key, group));
  }
  if (!reader.atEnd()) throw new Unreadable('bytes are left over');
}

function readEntry(reader: ValueReader, columns: readonly StateColumn[], key: unknown, group: KeyGroup): Entry {
  const entry = new Entry();
  const filled = reader.readCount();
  for (let left = filled; left > 0; left--) {
    const column = columns[reader.readIndex(columns.length)] as StateColumn;
    entry.set(column.slot, readContent(reader, column, { key, group, entry }));
  }
  if (entry.filled !== filled || filled === 0) throw new Unreadable('a key has no state, or one twice');
  return entry;
}

type Place = Pick<HeapTimer, 'key' | 'group' | 'entry'>;

function readContent(reader: ValueReader, column: StateColumn, place: Place): unknown {
  return column.kind === 'timers' ? readTimers(reader, column, place) : readPlainContent(reader, column);
}

/** Of every kind but timers. */
export function readPlainContent(reader: ValueReader, column: ContentColumn): unknown {
  if (column.timed) return readTimed(reader, column, readValue);
  switch (column.kind) {
    case 'value':
    case 'reducing':
    case 'aggregating':
      return readValue(reader, column);
    case 'list':
      return readList(reader, column);
    case 'map':
      return readMap(reader, column);
    case 'timers':
      throw new InvariantViolation('timers are read with the key that they belong to', {});
  }
}

function readValue(reader: ValueReader, column: ContentColumn): unknown {
  const value = reader.read();
  if (value === undefined) throw new Unreadable('a state holds undefined');
  column.admission.restored(value);
  return value;
}

function readList(reader: ValueReader, column: ContentColumn): HeapList {
  const values = readValue(reader, column);
  if (!Array.isArray(values) || values.length === 0) throw new Unreadable('a list state holds no list');
  return { values, handedOut: true };
}

function readMap(reader: ValueReader, column: ContentColumn): CanonicalMap<unknown, unknown> {
  const map = new CanonicalMap<unknown, unknown>();
  for (let left = reader.readCount(); left > 0; left--) {
    const key = reader.read();
    column.admission.restored(key);
    map.set(key, readValue(reader, column));
  }
  if (map.size === 0) throw new Unreadable('a map state holds no pairs');
  return map;
}

function readTimers(reader: ValueReader, column: StateColumn, place: Place): KeyTimers {
  const timers = new KeyTimers();
  for (let left = reader.readCount(); left > 0; left--) {
    const time = reader.read();
    if (typeof time !== 'number') throw new Unreadable('the time of a timer is no number');
    (column.timers as HeapTimers).restored({ ...place, time, namespace: reader.read(), at: 0 }, timers);
  }
  if (timers.list.length === 0) throw new Unreadable('a key has timers, and none of them');
  return timers;
}
