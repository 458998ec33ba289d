import { converted } from '../heap/column-serializer.js';
import { readPlainContent, writeContent } from '../heap/group-format.js';
import type { StateColumn } from '../heap/state-table.js';
import { Unreadable, ValueReader } from '../value-reader.js';
import { ValueWriter } from '../value-writer.js';
import type { CollectionFacts, Collections } from './collections.js';
import type { RecordFormat } from './disk-cursor.js';
import type { DiskEntry, EntryOwner } from './disk-entry.js';
import type { DiskExpiry } from './disk-expiry.js';
import { DiskKeyTimers, type DiskTimer } from './disk-key-timers.js';
import type { DiskTimers } from './disk-timers.js';
import { LongList } from './long-list.js';
import { LongMap } from './long-map.js';

export type DiskColumn = StateColumn<DiskTimers, DiskExpiry>;

/** What of a record a group's bytes do not have as they are. */
interface Outside {
  /** Where behind the number of states these begin. */
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
  /** Where in it the key ends. */
  readonly keyEnd: number;
  /** Some of its values were written in another version than they are to be. */
  readonly isStale: boolean;
  readonly outside: Outside | null;
}

/**
 * The entry of one key as bytes of the store:
 *
 *     length of what follows, in four bytes; and 2^31 for one that is as it was restored
 *     key, number of states, and for each slot and content      as in a group, but for lists and maps that are long
 *     then, if there is either of it:
 *     [statesStart, [[slot, id, first, last, count], …]] or null        where long lists and maps are
 *     [[slot, [sequence, …]], …]                                                when each timer was set
 *
 * So a snapshot takes over most keys as they are, without reading their values.
 */
export class DiskRecords implements RecordFormat {
  /** Of entries that are read for others than the cache. */
  readonly nobody: EntryOwner = { encode: (entry) => this.encode(entry), entry: null };
  private readonly anew = new Map<number, (data: unknown) => unknown>();
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
    const outside: unknown[] = [];
    const sequences: unknown[] = [];
    for (let slot = 0; slot < columns.length; slot++) {
      const content = entry.get(slot);
      if (content instanceof LongList || content instanceof LongMap) {
        outside.push([slot, content.id, content.first, content.last, content.count]);
      } else if (content instanceof DiskKeyTimers) {
        sequences.push([slot, content.list.map(({ sequence }) => sequence)]);
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
      writer.write(outside.length === 0 ? null : [statesStart, outside]);
      writer.write(sequences);
    }
    return writer.copy();
  }

  decode(bytes: Uint8Array, entry: DiskEntry): void {
    const { columns } = this;
    const reader = new ValueReader(bytes);
    const isRestored = reader.readUint32() >= restoredMark;
    reader.read();
    this.readStates(reader, isRestored, entry);
    if (reader.atEnd()) return;
    const outside = reader.read() as readonly [number, readonly (readonly number[])[]] | null;
    for (const facts of outside?.[1] ?? []) {
      const { slot, ...collection } = collectionOf(facts);
      const { kind, admission } = columns[slot] as DiskColumn;
      const Long = kind === 'list' ? LongList : LongMap;
      entry.set(slot, new Long(this.collections, admission, collection));
    }
    for (const [slot, sequences] of reader.read() as readonly (readonly [number, readonly number[]])[]) {
      const { list } = entry.get(slot) as DiskKeyTimers;
      for (const [at, sequence] of sequences.entries()) (list[at] as DiskTimer).sequence = sequence;
    }
  }

  /** As an entry that is restored before the code asks for its states. */
  encodeRestored(entry: DiskEntry): Uint8Array {
    const bytes = this.encode(entry);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint32(0, view.getUint32(0) + restoredMark);
    return bytes;
  }

  /** From here on what was restored of the column is read by `read`, and written in another version. */
  readAnew(column: DiskColumn, read: (data: unknown) => unknown): void {
    this.anew.set(column.slot, read);
    this.collections.readAnew(column.admission, read);
  }

  /** A chunk of a long list or map as it stands in a group, in the version of now. */
  chunkImage({ kind, admission }: DiskColumn, bytes: Uint8Array): Uint8Array {
    return this.collections.image(bytes, { isMap: kind === 'map', admission });
  }

  private readStates(reader: ValueReader, isRestored: boolean, entry: DiskEntry): void {
    const { columns } = this;
    for (let left = reader.readIndex(Number.POSITIVE_INFINITY); left > 0; left--) {
      const column = columns[reader.readIndex(columns.length)] as DiskColumn;
      const { slot, kind, admission } = column;
      if (kind === 'timers') entry.set(slot, readTimers(reader));
      else {
        const content = readPlainContent(reader, column);
        const anew = isRestored ? this.anew.get(slot) : undefined;
        const convert = anew ?? ((data: unknown) => admission.revived(data));
        entry.set(slot, admission.serializer === null ? content : converted(column, content, { convert, interval: 0 }));
      }
    }
  }

  keyOf(bytes: Uint8Array): unknown {
    return new ValueReader(bytes.subarray(lengthBytes)).read();
  }

  /** Without reading any value. */
  parts(bytes: Uint8Array): RecordParts {
    const reader = new ValueReader(bytes);
    const head = reader.readUint32();
    const isStale = head >= restoredMark && this.anew.size > 0;
    const length = head % restoredMark;
    reader.read();
    const keyEnd = reader.position - lengthBytes;
    const inGroup = bytes.subarray(lengthBytes, lengthBytes + length);
    if (bytes.length === lengthBytes + length) return { inGroup, keyEnd, isStale, outside: null };
    const outside = new ValueReader(bytes.subarray(lengthBytes + length)).read();
    if (outside === null) return { inGroup, keyEnd, isStale, outside: null };
    const [statesStart, collections] = outside as readonly [number, readonly (readonly number[])[]];
    return { inGroup, keyEnd, isStale, outside: { statesStart, collections: collections.map(collectionOf) } };
  }
}

const lengthBytes = 4;
/** Added to the length while a record is as it was restored. */
const restoredMark = 0x8000_0000;

function collectionOf([slot, id, first, last, count]: readonly number[]): OutsideCollection {
  return { slot, id, first, last, count } as OutsideCollection;
}

function readTimers(reader: ValueReader): DiskKeyTimers {
  const timers = new DiskKeyTimers();
  for (let left = reader.readCount(); left > 0; left--) {
    const time = reader.read();
    if (typeof time !== 'number') throw new Unreadable('the time of a timer is no number');
    timers.add({ time, namespace: reader.read(), sequence: 0, at: 0 });
  }
  if (timers.list.length === 0) throw new Unreadable('a key has timers, and none of them');
  return timers;
}
