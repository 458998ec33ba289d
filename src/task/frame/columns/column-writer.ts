import { Unstorable, ValueWriter } from '../../../state/value-writer.js';
import { columnDepthMax, columnKinds, differentTextsMax, textBytesMax } from './column-format.js';
import type { Shape, Shapes } from './shapes.js';

/** A column whose texts hardly repeat is not looked at for so many batches. */
const batchesWithoutDictionary = 15;

/** Buffers that one huge record made grow are not kept. */
const keptBytesMax = 4_194_304;

/** Writes batches as columns into a buffer of its own. */
export class ColumnWriter {
  private bytes = Buffer.allocUnsafeSlow(65_536);
  private length = 0;
  private mixed = new ValueWriter();
  private readonly indices = new Map<string, number>();

  constructor(private readonly shapes: Shapes) {}

  /**
   * The values from `from` to before `to` as a column, in a buffer that is valid until the next call; null when columns gain nothing, or
   * something stands in them that is no plain data.
   */
  write(values: readonly unknown[], from: number, to: number): Uint8Array | null {
    if (this.bytes.length > keptBytesMax) this.bytes = Buffer.allocUnsafeSlow(65_536);
    this.length = 0;
    try {
      const wrote = this.writeKnown(values, from, to, 0, null, 0);
      return wrote ? this.bytes.subarray(0, this.length) : null;
    } catch (error) {
      this.mixed = new ValueWriter();
      // Rows say where in the record it stands.
      if (error instanceof Unstorable) return null;
      throw error;
    }
  }

  private writeKnown(
    values: readonly unknown[],
    from: number,
    to: number,
    depth: number,
    owner: Shape | null,
    field: number,
  ): boolean {
    const first = values[from];
    switch (typeof first) {
      case 'number':
        return this.wroteNumbers(values, from, to);
      case 'string':
        return this.wroteDictionary(values, from, to, owner, field) || this.wroteTexts(values, from, to);
      case 'object': {
        if (first === null || depth === columnDepthMax) return false;
        const shape = this.shapes.of(first);
        return shape !== null && this.wroteObjects(shape, values, from, to, depth);
      }
      default:
        return false;
    }
  }

  private wroteObjects(shape: Shape, values: readonly unknown[], from: number, to: number, depth: number): boolean {
    const { fields, key } = shape;
    const columns: unknown[][] = [];
    for (let field = 0; field < fields; field++) columns.push([]);
    if (!shape.split(values, from, to, columns)) return false;
    this.reserve(5 + key.length);
    this.bytes[this.length] = columnKinds.objects;
    this.bytes.writeUInt16LE(fields, this.length + 1);
    this.bytes.writeUInt16LE(key.length, this.length + 3);
    this.length += 5 + this.bytes.write(key, this.length + 5, 'latin1');
    for (let field = 0; field < fields; field++) {
      const column = columns[field] as unknown[];
      const start = this.length;
      if (this.writeKnown(column, 0, column.length, depth + 1, shape, field)) continue;
      this.length = start;
      this.writeMixed(column, depth + 1);
    }
    return true;
  }

  private wroteNumbers(values: readonly unknown[], from: number, to: number): boolean {
    let least = 0;
    let most = 0;
    let whole = true;
    for (let at = from; at < to; at++) {
      const value = values[at];
      if (typeof value !== 'number') return false;
      if ((value | 0) !== value || (value === 0 && 1 / value < 0)) whole = false;
      else if (value < least) least = value;
      else if (value > most) most = value;
    }
    const numbers = values as readonly number[];
    if (!whole) this.writeFloats(numbers, from, to);
    else if (least >= -0x80 && most < 0x80) this.writeBytes(numbers, from, to);
    else if (least >= -0x8000 && most < 0x8000) this.writeShorts(numbers, from, to);
    else this.writeWords(numbers, from, to);
    return true;
  }

  private writeFloats(numbers: readonly number[], from: number, to: number): void {
    const { bytes, start } = this.begin(columnKinds.float64, (to - from) * 8);
    for (let at = from, end = start; at < to; at++, end += 8) bytes.writeDoubleLE(numbers[at] as number, end);
  }

  private writeBytes(numbers: readonly number[], from: number, to: number): void {
    const { bytes, start } = this.begin(columnKinds.int8, to - from);
    for (let at = from, end = start; at < to; at++, end++) bytes[end] = numbers[at] as number;
  }

  private writeShorts(numbers: readonly number[], from: number, to: number): void {
    const { bytes, start } = this.begin(columnKinds.int16, (to - from) * 2);
    for (let at = from, end = start; at < to; at++, end += 2) {
      const number = numbers[at] as number;
      bytes[end] = number;
      bytes[end + 1] = number >> 8;
    }
  }

  private writeWords(numbers: readonly number[], from: number, to: number): void {
    const { bytes, start } = this.begin(columnKinds.int32, (to - from) * 4);
    for (let at = from, end = start; at < to; at++, end += 4) {
      const number = numbers[at] as number;
      bytes[end] = number;
      bytes[end + 1] = number >> 8;
      bytes[end + 2] = number >> 16;
      bytes[end + 3] = number >> 24;
    }
  }

  /** Texts of which most come again, each once. */
  private wroteDictionary(
    values: readonly unknown[],
    from: number,
    to: number,
    owner: Shape | null,
    field: number,
  ): boolean {
    const waits = owner?.batchesUntilDictionary;
    const wait = waits?.[field] ?? 0;
    if (waits !== undefined && wait > 0) {
      waits[field] = wait - 1;
      return false;
    }
    const differentMax = Math.min(differentTextsMax, (to - from) >> 1);
    const { indices } = this;
    const texts: string[] = [];
    const positions: number[] = [];
    indices.clear();
    for (let at = from; at < to; at++) {
      const text = values[at];
      if (typeof text !== 'string') return false;
      let index = indices.get(text);
      if (index === undefined) {
        index = texts.length;
        if (index === differentMax) {
          if (waits !== undefined) waits[field] = batchesWithoutDictionary;
          return false;
        }
        indices.set(text, index);
        texts.push(text);
      }
      positions.push(index);
    }
    this.reserve(2);
    this.bytes[this.length++] = columnKinds.dictionary;
    this.bytes[this.length++] = texts.length - 1;
    if (!this.wroteCharacters(texts, 0, texts.length)) return false;
    this.reserve(positions.length);
    const { bytes } = this;
    for (let at = 0; at < positions.length; at++) bytes[this.length++] = positions[at] as number;
    return true;
  }

  private wroteTexts(values: readonly unknown[], from: number, to: number): boolean {
    for (let at = from; at < to; at++) if (typeof values[at] !== 'string') return false;
    this.reserve(1);
    this.bytes[this.length++] = columnKinds.text;
    return this.wroteCharacters(values as readonly string[], from, to);
  }

  /** Lengths and characters; false, with the buffer as it comes, for texts that are long or not ASCII. */
  private wroteCharacters(texts: readonly string[], from: number, to: number): boolean {
    this.reserve(to - from);
    const { bytes } = this;
    let units = 0;
    for (let at = from; at < to; at++) {
      const { length } = texts[at] as string;
      if (length > textBytesMax) return false;
      bytes[this.length++] = length;
      units += length;
    }
    const all = (from === 0 && to === texts.length ? texts : texts.slice(from, to)).join('');
    // Beyond ASCII a unit takes two bytes or more, so the whole then needs more room than it has.
    this.reserve(units * 3);
    const size = this.bytes.write(all, this.length, 'utf8');
    this.length += size;
    return size === units;
  }

  private writeMixed(values: readonly unknown[], depth: number): void {
    const { mixed } = this;
    mixed.clear();
    for (const value of values) mixed.writeField(value, depth);
    const content = mixed.copy();
    const { bytes, start } = this.begin(columnKinds.mixed, 4 + content.length);
    bytes.writeUInt32LE(content.length, start);
    bytes.set(content, start + 4);
    if (content.length > keptBytesMax) this.mixed = new ValueWriter();
  }

  /** Takes room for what follows a kind. */
  private begin(kind: number, size: number): { readonly bytes: Buffer; readonly start: number } {
    this.reserve(1 + size);
    this.bytes[this.length] = kind;
    const start = this.length + 1;
    this.length = start + size;
    return { bytes: this.bytes, start };
  }

  private reserve(size: number): void {
    const needed = this.length + size;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
