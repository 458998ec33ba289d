import { Unreadable, ValueReader } from '../../../state/value-reader.js';
import { columnDepthMax, columnKinds } from './column-format.js';
import type { Shapes } from './shapes.js';
import { readTexts } from './texts.js';

/** Reads one column and what is in it. Damaged bytes throw Unreadable, before more is made of them than they have bytes. */
export class ColumnReader {
  private readonly bytes: Buffer;
  private at: number;

  constructor(
    body: Uint8Array,
    from: number,
    private readonly shapes: Shapes,
  ) {
    this.bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.at = from;
  }

  /** The column of `count` values that should fill the rest of the body. */
  readAll(count: number): unknown[] {
    const values = this.read(count, 0);
    if (this.at !== this.bytes.length) throw new Unreadable(`${this.bytes.length - this.at} bytes follow the columns`);
    return values;
  }

  private read(count: number, depth: number): unknown[] {
    const kind = this.bytes[this.take(1)];
    switch (kind) {
      case columnKinds.int8:
        return this.readBytes(count);
      case columnKinds.int16:
        return this.readShorts(count);
      case columnKinds.int32:
        return this.readWords(count);
      case columnKinds.float64:
        return this.readFloats(count);
      case columnKinds.text:
        return this.readTexts(count);
      case columnKinds.dictionary:
        return this.readDictionary(count);
      case columnKinds.objects:
        return this.readObjects(count, depth);
      case columnKinds.mixed:
        return this.readMixed(count);
      default:
        throw new Unreadable(`kind ${kind} of a column is unknown`);
    }
  }

  private readBytes(count: number): number[] {
    const start = this.take(count);
    const { bytes } = this;
    const values: number[] = [];
    for (let at = start; at < start + count; at++) values.push(((bytes[at] as number) << 24) >> 24);
    return values;
  }

  private readShorts(count: number): number[] {
    const start = this.take(count * 2);
    const { bytes } = this;
    const values: number[] = [];
    for (let at = start, end = start + count * 2; at < end; at += 2) {
      values.push((((bytes[at] as number) | ((bytes[at + 1] as number) << 8)) << 16) >> 16);
    }
    return values;
  }

  private readWords(count: number): number[] {
    const start = this.take(count * 4);
    const { bytes } = this;
    const values: number[] = [];
    for (let at = start, end = start + count * 4; at < end; at += 4) {
      const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
      values.push(low | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24));
    }
    return values;
  }

  private readFloats(count: number): number[] {
    const start = this.take(count * 8);
    const { bytes } = this;
    const values: number[] = [];
    for (let at = start, end = start + count * 8; at < end; at += 8) values.push(bytes.readDoubleLE(at));
    return values;
  }

  private readTexts(count: number): string[] {
    const lengths = this.take(count);
    return readTexts(this.bytes, lengths, this.take(this.sum(lengths, count)), count);
  }

  private readDictionary(count: number): string[] {
    const texts = this.readTexts((this.bytes[this.take(1)] as number) + 1);
    const start = this.take(count);
    const { bytes } = this;
    const values: string[] = [];
    for (let at = start; at < start + count; at++) {
      const text = texts[bytes[at] as number];
      if (text === undefined) throw new Unreadable('an index is beyond its dictionary');
      values.push(text);
    }
    return values;
  }

  private readObjects(count: number, depth: number): object[] {
    if (depth === columnDepthMax) throw new Unreadable(`columns are nested deeper than ${columnDepthMax} levels`);
    const sizes = this.take(4);
    const fields = this.bytes.readUInt16LE(sizes);
    const keyBytes = this.bytes.readUInt16LE(sizes + 2);
    const start = this.take(keyBytes);
    const shape = this.shapes.read(this.bytes.toString('latin1', start, start + keyBytes), fields);
    if (shape === null) throw new Unreadable('the names of fields are not what they should be');
    const columns: unknown[][] = [];
    for (let field = 0; field < fields; field++) columns.push(this.read(count, depth + 1));
    return shape.join(columns, count);
  }

  private readMixed(count: number): unknown[] {
    const size = this.bytes.readUInt32LE(this.take(4));
    const start = this.take(size);
    const reader = new ValueReader(this.bytes.subarray(start, start + size));
    const values: unknown[] = [];
    for (let at = 0; at < count; at++) values.push(reader.read());
    if (!reader.atEnd()) throw new Unreadable('more values are in a column than there are records');
    return values;
  }

  private sum(from: number, count: number): number {
    const { bytes } = this;
    let sum = 0;
    for (let at = from; at < from + count; at++) sum += bytes[at] as number;
    return sum;
  }

  private take(size: number): number {
    const start = this.at;
    if (size > this.bytes.length - start)
      throw new Unreadable(`${size} bytes are announced and ${this.bytes.length - start} are left`);
    this.at = start + size;
    return start;
  }
}
