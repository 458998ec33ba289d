import { InvariantViolation } from '../../../actors/kernel/invariant.js';
import { keyGroupOf } from '../key-groups.js';
import { Unreadable, type ValueReader } from '../value-reader.js';
import { Unstorable, type ValueWriter } from '../value-writer.js';
import type { Admission } from './admission.js';
import type { CanonicalMap } from './canonical-map.js';
import { HeapList } from './heap-list.js';
import { HeapMap } from './heap-map.js';
import { Entry, type KeyGroup } from './key-group.js';
import { KeyTimers, type TimerPlace } from './key-timers.js';
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
 * Format 1 knows value, list and map state and timers, and no TTL. It is written as long as it suffices; both are read. Format 3 is a
 * delta: see delta-format.ts.
 *
 * Map keys and list elements keep their order, and so do keys that nobody uses while the group is written: the same calls in the same
 * order then give the same bytes, also after a restore.
 */
const plainFormat = 1;
const fullFormat = 2;
const deltaFormat = 3;

const plainKinds: readonly unknown[] = ['value', 'list', 'map', 'timers'] satisfies readonly StateKind[];
const kinds: readonly unknown[] = [...plainKinds, ...(['reducing', 'aggregating'] satisfies readonly StateKind[])];

/** What the bytes of a group begin with. */
export function writeHead(
  writer: ValueWriter,
  columns: readonly Pick<StateColumn, 'name' | 'kind' | 'timed'>[],
  isDelta: boolean,
): void {
  const isPlain = columns.every(({ kind, timed }) => !timed && plainKinds.includes(kind));
  writer.writeByte(isDelta ? deltaFormat : isPlain ? plainFormat : fullFormat);
  writer.write(columns.map(({ name, kind, timed }) => (timed ? [name, kind, true] : [name, kind])));
}

/** One key of an image; false, and nothing is written, when all that it has has expired and is to be left out. */
export function writeEntry(writer: ValueWriter, key: unknown, entry: Entry, columns: readonly StateColumn[]): boolean {
  const filled = filledOf(entry, columns);
  if (filled === 0) return false;
  writer.write(key);
  writeStates(writer, filled, entry, columns);
  return true;
}

/** All states of a key, of which there are so many. */
export function writeStates(writer: ValueWriter, filled: number, entry: Entry, columns: readonly StateColumn[]): void {
  writer.write(filled);
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index] as StateColumn;
    const content = storedContent(column, entry);
    if (content === undefined) continue;
    writer.write(index);
    writeContent(writer, column, content);
  }
}

/** How many states of a key go into a snapshot. */
export function filledOf(entry: Entry, columns: readonly StateColumn[]): number {
  let filled = 0;
  for (const column of columns) if (storedContent(column, entry) !== undefined) filled += 1;
  return filled;
}

/** Without what has expired, where that does not go into checkpoints. */
export function storedContent({ slot, expiry }: StateColumn, entry: Entry): unknown {
  const content = entry.get(slot);
  return content === undefined || expiry === null ? content : expiry.stored(content as TimedContent);
}

/** What of a column its bytes depend on. */
export type ContentColumn = Pick<StateColumn, 'kind' | 'timed' | 'admission'>;

export function writeContent(writer: ValueWriter, column: ContentColumn, content: unknown): void {
  try {
    const { admission } = column;
    if (column.timed) writeTimed(writer, content as TimedContent, admission);
    else if (column.kind === 'list') writer.write(storedValues((content as HeapList).values, admission));
    else if (column.kind === 'map') writeMap(writer, content as CanonicalMap<unknown, unknown>, admission);
    else if (column.kind === 'timers') writeTimers(writer, content as KeyTimers);
    else writer.write(admission.stored(content));
  } catch (error) {
    refuseUnstorable(column, error);
  }
}

/** Tells whose value it was that cannot be stored. */
export function refuseUnstorable({ admission }: Pick<StateColumn, 'admission'>, error: unknown): never {
  if (error instanceof Unstorable) admission.refuse(`value${error.message}`, error.isInstance);
  throw error;
}

/** Values as a checkpoint holds them. */
export const storedValues = (values: readonly unknown[], admission: Admission): readonly unknown[] =>
  admission.serializer === null ? values : values.map((value) => admission.stored(value));

function writeMap(writer: ValueWriter, map: CanonicalMap<unknown, unknown>, admission: Admission): void {
  writer.write(map.size);
  for (const [key, value] of map.entries()) {
    writer.write(key);
    writer.write(admission.stored(value));
  }
}

function writeTimers(writer: ValueWriter, { list }: KeyTimers): void {
  writer.write(list.length);
  for (const { time, namespace } of list) {
    writer.write(time);
    writer.write(namespace);
  }
}

/** What the bytes of a group say that they hold. */
export interface PartHead {
  readonly isDelta: boolean;
  readonly states: readonly (readonly [name: string, kind: StateKind, timed: boolean])[];
}

/** Throws Unreadable for another format and for damaged bytes. */
export function readHead(reader: ValueReader): PartHead {
  const format = reader.readByte();
  if (format < plainFormat || format > deltaFormat) {
    throw new Unreadable(`its format is ${format}, and this version reads ${plainFormat} to ${deltaFormat}`);
  }
  const states = reader.read();
  if (!Array.isArray(states)) throw new Unreadable('it has no list of states');
  return {
    isDelta: format === deltaFormat,
    states: states.map((state: unknown) => {
      const isState =
        Array.isArray(state) &&
        typeof state[0] === 'string' &&
        (format === plainFormat ? plainKinds : kinds).includes(state[1]) &&
        (state.length === 2 || (format !== plainFormat && state[2] === true && state[1] !== 'timers'));
      if (!isState) throw new Unreadable('its list of states is damaged');
      return [state[0], state[1], state.length > 2];
    }),
  };
}

/** Where what is read of a column goes. */
export type GroupColumn = ContentColumn & Pick<StateColumn, 'slot'>;

/** Reads on after the states, into `group`, which is empty; `columns` are those of the states, in their order. */
export function readImage(
  reader: ValueReader,
  group: KeyGroup,
  columns: readonly GroupColumn[],
  maxParallelism: number,
): void {
  for (let left = reader.readCount(); left > 0; left--) {
    const key = readKey(reader, group, maxParallelism);
    const entry = readEntry(reader, columns, key, group);
    if (entry.isEmpty) throw new Unreadable('a key has no state');
    group.entries.set(key, entry);
  }
}

/** A key of the group. */
export function readKey(reader: ValueReader, { keyGroup }: KeyGroup, maxParallelism: number): unknown {
  const key = reader.read();
  const placed = keyGroupOf(key, maxParallelism);
  if (placed === keyGroup) return key;
  throw new Unreadable(
    `it holds a key of group ${placed}; was it written with another maximal parallelism than ${maxParallelism}?`,
  );
}

/** All that a key has. */
export function readEntry(reader: ValueReader, columns: readonly GroupColumn[], key: unknown, group: KeyGroup): Entry {
  const entry = new Entry();
  const filled = reader.readCount();
  for (let left = filled; left > 0; left--) {
    const column = columns[reader.readIndex(columns.length)] as GroupColumn;
    if (entry.get(column.slot) !== undefined) throw new Unreadable('a key has a state twice');
    entry.set(column.slot, readContent(reader, column, { key, group, entry }));
  }
  return entry;
}

export function readContent(reader: ValueReader, column: ContentColumn, place: TimerPlace): unknown {
  return column.kind === 'timers' ? readTimers(reader, place) : readPlainContent(reader, column);
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
      return new HeapList(readValues(reader, column, 1), 0);
    case 'map':
      return readMap(reader, column);
    case 'timers':
      throw new InvariantViolation('timers are read with the key that they belong to', {});
  }
}

export function readValue(reader: ValueReader, column: ContentColumn): unknown {
  const value = reader.read();
  if (value === undefined) throw new Unreadable('a state holds undefined');
  column.admission.restored(value);
  return value;
}

/** In development they are frozen, as what was handed out is. */
export function readValues(reader: ValueReader, column: ContentColumn, fewest: number): unknown[] {
  const values = readValue(reader, column);
  if (!Array.isArray(values) || values.length < fewest) throw new Unreadable('a list state holds no list');
  return values;
}

function readMap(reader: ValueReader, column: ContentColumn): HeapMap<unknown, unknown> {
  const map = new HeapMap<unknown, unknown>();
  for (let left = reader.readCount(); left > 0; left--) {
    const key = reader.read();
    column.admission.restored(key);
    map.set(key, readValue(reader, column));
  }
  if (map.size === 0) throw new Unreadable('a map state holds no pairs');
  return map;
}

function readTimers(reader: ValueReader, place: TimerPlace): KeyTimers {
  const timers = new KeyTimers();
  timers.at(place);
  for (let left = reader.readCount(); left > 0; left--) {
    const time = reader.read();
    if (typeof time !== 'number' || !Number.isFinite(time)) throw new Unreadable('the time of a timer is no number');
    timers.add(time, reader.read());
  }
  if (timers.list.length === 0) throw new Unreadable('a key has timers, and none of them');
  return timers;
}
