import { readPlainContent, writeContent } from '../heap/group-format.js';
import { KeyTimers } from '../heap/key-timers.js';
import type { StateColumn } from '../heap/state-table.js';
import { Unreadable, ValueReader } from '../value-reader.js';
import { ValueWriter } from '../value-writer.js';
import type { CollectionFacts, Collections } from './collections.js';
import type { RecordFormat } from './disk-cursor.js';
import type { DiskEntry, EntryOwner } from './disk-entry.js';
import type { DiskExpiry } from './disk-expiry.js';
import type { DiskTimer, DiskTimers } from './disk-timers.js';
import { LongList } from './long-list.js';
import { LongMap } from './long-map.js';

export type DiskColumn = StateColumn<DiskTimers, DiskExpiry>;

/** What of a record a group's bytes do not have as they are. */
interface Outside {
  /** Where the key ends, and where behind the number of its states these begin. */
  readonly keyEnd: number;
  readonly statesStart: number;
  readonly collections: readonly OutsideCollection[];
}

export interface OutsideCollection extends CollectionFacts {
  readonly slot: number;
}

/** A record as it stands in the store. */
export interface RecordParts {
  /** One key as it stands in the bytes of a group; see group-format.ts. States are by slot. Without what is outside. */
  readonly inGroup: Uint8Array;
  readonly outside: Outside | null;
}

/**
 * The entry of one key as bytes of the store:
 *
 *     length of what follows, in four bytes
 *     key, number of states, and for each slot and content      as in a group, but for lists and maps that are long
 *     then, if there is either of it:
 *     [keyEnd, statesStart, [[slot, id, first, last, count], …]] or null        where long lists and maps are
 *     [[slot, [sequence, …]], …]                                                when each timer was set
 *
 * So a snapshot takes over most keys as they are, without reading their values.
 */
export class DiskRecords implements RecordFormat {
  /** Of entries that are read for others than the cache. */
  readonly nobody: EntryOwner = { encode: (entry) => this.encode(entry), entry: null };
  private readonly writer = new ValueWriter();

  constructor(
    /** By slot. */
    private readonly columns: readonly DiskColumn[],
    private readonly collections: Collections,
  ) {}

  encode(entry: DiskEntry): Uint8Array {
    const { writer, columns } = this;
    writer.clear();
    for (let left = lengthBytes; left > 0; left--) writer.writeByte(0);
    writer.write(entry.key);
    const keyEnd = writer.size - lengthBytes;
    const outside: unknown[] = [];
    const sequences: unknown[] = [];
    for (let slot = 0; slot < columns.length; slot++) {
      const content = entry.get(slot);
      if (content instanceof LongList || content instanceof LongMap) {
        outside.push([slot, content.id, content.first, content.last, content.count]);
      } else if (content instanceof KeyTimers) {
        sequences.push([slot, (content as KeyTimers<DiskTimer>).list.map(({ sequence }) => sequence)]);
      }
    }
    writer.write(entry.filled - outside.length);
    const statesStart = writer.size - lengthBytes;
    for (let slot = 0; slot < columns.length; slot++) {
      const content = entry.get(slot);
      if (content === undefined || content instanceof LongList || content instanceof LongMap) continue;
      writer.write(slot);
      writeContent(writer, columns[slot] as DiskColumn, content);
    }
    writer.overwriteSize32(0, writer.size - lengthBytes);
    if (outside.length > 0 || sequences.length > 0) {
      writer.write(outside.length === 0 ? null : [keyEnd, statesStart, outside]);
      writer.write(sequences);
    }
    return writer.copy();
  }

  decode(bytes: Uint8Array, entry: DiskEntry): void {
    const { columns } = this;
    const reader = new ValueReader(bytes);
    reader.readUint32();
    reader.read();
    this.readStates(reader, columns, entry);
    if (reader.atEnd()) return;
    const outside = reader.read() as readonly [number, number, readonly (readonly number[])[]] | null;
    for (const facts of outside?.[2] ?? []) {
      const { slot, ...collection } = collectionOf(facts);
      const { kind, admission } = columns[slot] as DiskColumn;
      const Long = kind === 'list' ? LongList : LongMap;
      entry.set(slot, new Long(this.collections, admission, collection));
    }
    for (const [slot, sequences] of reader.read() as readonly (readonly [number, readonly number[]])[]) {
      const { list } = entry.get(slot) as KeyTimers<DiskTimer>;
      for (const [at, sequence] of sequences.entries()) (list[at] as DiskTimer).sequence = sequence;
    }
  }

  /** The states of one key, as a group has them: `columns` are those of the group, in its order. Returns how many there are. */
  readStates(reader: ValueReader, columns: readonly DiskColumn[], entry: DiskEntry): number {
    const filled = reader.readCount();
    for (let left = filled; left > 0; left--) {
      const column = columns[reader.readIndex(columns.length)] as DiskColumn;
      entry.set(column.slot, column.kind === 'timers' ? readTimers(reader) : readPlainContent(reader, column));
    }
    return filled;
  }

  keyOf(bytes: Uint8Array): unknown {
    return new ValueReader(bytes.subarray(lengthBytes)).read();
  }

  /** Without reading any value. */
  parts(bytes: Uint8Array): RecordParts {
    const reader = new ValueReader(bytes);
    const length = reader.readUint32();
    const inGroup = bytes.subarray(lengthBytes, lengthBytes + length);
    if (bytes.length === lengthBytes + length) return { inGroup, outside: null };
    const outside = new ValueReader(bytes.subarray(lengthBytes + length)).read();
    if (outside === null) return { inGroup, outside: null };
    const [keyEnd, statesStart, collections] = outside as readonly [number, number, readonly (readonly number[])[]];
    return { inGroup, outside: { keyEnd, statesStart, collections: collections.map(collectionOf) } };
  }
}

const lengthBytes = 4;

function collectionOf([slot, id, first, last, count]: readonly number[]): OutsideCollection {
  return { slot, id, first, last, count } as OutsideCollection;
}

function readTimers(reader: ValueReader): KeyTimers<DiskTimer> {
  const timers = new KeyTimers<DiskTimer>();
  for (let left = reader.readCount(); left > 0; left--) {
    const time = reader.read();
    if (typeof time !== 'number') throw new Unreadable('the time of a timer is no number');
    timers.add({ time, namespace: reader.read(), sequence: 0, at: 0 });
  }
  if (timers.list.length === 0) throw new Unreadable('a key has timers, and none of them');
  return timers;
}
