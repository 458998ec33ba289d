import { Unreadable, type ValueReader } from '../value-reader.js';
import type { ValueWriter } from '../value-writer.js';
import type { Admission } from './admission.js';
import { CanonicalMap } from './canonical-map.js';
import type { ContentColumn } from './group-format.js';
import { TimedCell, type TimedContent, TimedList, TimedMap } from './timed-content.js';

/** Writes what a state with a TTL has for one key; see group-format.ts. */
export function writeTimed(writer: ValueWriter, content: TimedContent, admission: Admission): void {
  if (content instanceof TimedCell) writeCell(writer, content, admission);
  else if (content instanceof TimedList) {
    writer.write(content.values.length);
    for (const [index, value] of content.values.entries()) {
      writer.write(content.times[index]);
      writer.write(admission.stored(value));
    }
  } else {
    const { cells } = content as TimedMap;
    writer.write(cells.size);
    for (const [key, cell] of cells.entries()) {
      writer.write(key);
      writeCell(writer, cell, admission);
    }
  }
}

type ReadValue = (reader: ValueReader, column: ContentColumn) => unknown;

export function readTimed(reader: ValueReader, column: ContentColumn, readValue: ReadValue): TimedContent {
  if (column.kind === 'list') return readList(reader, column, readValue);
  if (column.kind === 'map') return readMap(reader, column, readValue);
  const atMs = readTime(reader);
  return new TimedCell(readValue(reader, column), atMs);
}

function writeCell(writer: ValueWriter, { value, atMs }: TimedCell, admission: Admission): void {
  writer.write(atMs);
  writer.write(admission.stored(value));
}

function readList(reader: ValueReader, column: ContentColumn, readValue: ReadValue): TimedList {
  const list = new TimedList([], []);
  for (let left = reader.readCount(); left > 0; left--) {
    list.times.push(readTime(reader));
    list.values.push(readValue(reader, column));
  }
  if (list.values.length === 0) throw new Unreadable('a list state holds no list');
  return list;
}

function readMap(reader: ValueReader, column: ContentColumn, readValue: ReadValue): TimedMap {
  const cells = new CanonicalMap<unknown, TimedCell>();
  for (let left = reader.readCount(); left > 0; left--) {
    const key = reader.read();
    column.admission.restored(key);
    const atMs = readTime(reader);
    cells.set(key, new TimedCell(readValue(reader, column), atMs));
  }
  if (cells.size === 0) throw new Unreadable('a map state holds no pairs');
  return new TimedMap(cells);
}

function readTime(reader: ValueReader): number {
  const atMs = reader.read();
  if (typeof atMs !== 'number') throw new Unreadable('the time of an entry is no number');
  return atMs;
}
