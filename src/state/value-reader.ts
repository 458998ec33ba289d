import { FieldNames } from './field-names.js';
import { extensions, valueDepthMax } from './value-format.js';

/** The bytes are not what a ValueWriter writes. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

// A memo of what bytes say, bounded: whoever reads a name gets the same with it and without.
const names = new FieldNames();

/** Up to here a loop over the bytes of a string is faster than a call into the runtime. */
const shortTextBytesMax = 24;

/**
 * Reads what a ValueWriter wrote, value by value. Damaged bytes throw Unreadable, at a cost bounded by their number:
 * sizes are held against what is left before anything is made, and depth is limited.
 */
export class ValueReader {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  atEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** How many bytes were read. */
  get position(): number {
    return this.at;
  }

  readUint32(): number {
    return this.readSize32();
  }

  readByte(): number {
    this.expect(1);
    return this.bytes[this.at++] as number;
  }

  /** How many values follow: not more than there are bytes left. */
  readCount(): number {
    const count = this.readIndex(Number.POSITIVE_INFINITY);
    this.expect(count);
    return count;
  }

  /** An integer from 0 to below `limit`. */
  readIndex(limit: number): number {
    const index = this.read();
    if (typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < limit) return index;
    return this.fail('a count or an index is out of bounds');
  }

  read(): unknown {
    return this.readAt(0);
  }

  private readAt(depth: number): unknown {
    const tag = this.readByte();
    if (tag < 0x80) return tag;
    if (tag >= 0xe0) return tag - 256;
    if (tag >= 0xa0 && tag < 0xc0) return this.readText(tag & 31);
    if (tag < 0x90) return this.readFields(tag & 15, depth);
    if (tag < 0xa0) return this.readArray(tag & 15, depth);
    return this.readTagged(tag, depth);
  }

  private readTagged(tag: number, depth: number): unknown {
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.readBytes(this.readByte());
      case 0xc5:
        return this.readBytes(this.readSize16());
      case 0xc6:
        return this.readBytes(this.readSize32());
      case 0xc7:
        return this.readExtension(this.readByte());
      case 0xc8:
        return this.readExtension(this.readSize16());
      case 0xc9:
        return this.readExtension(this.readSize32());
      case 0xcb:
        return this.bytes.readDoubleBE(this.take(8));
      case 0xcf:
        return this.bytes.readBigUInt64BE(this.take(8));
      case 0xd1:
        return this.bytes.readInt16BE(this.take(2));
      case 0xd2:
        return this.bytes.readInt32BE(this.take(4));
      case 0xd3:
        return this.bytes.readBigInt64BE(this.take(8));
      case 0xd4:
        return this.readExtension(1);
      case 0xd9:
        return this.readText(this.readByte());
      case 0xda:
        return this.readText(this.readSize16());
      case 0xdb:
        return this.readText(this.readSize32());
      case 0xdc:
        return this.readArray(this.readSize16(), depth);
      case 0xdd:
        return this.readArray(this.readSize32(), depth);
      case 0xde:
        return this.readFields(this.readSize16(), depth);
      case 0xdf:
        return this.readFields(this.readSize32(), depth);
      default:
        return this.fail(`tag ${tag} is never written`);
    }
  }

  private readArray(count: number, depth: number): unknown[] {
    this.enter(count, depth);
    const values: unknown[] = [];
    for (let step = 0; step < count; step++) values.push(this.readAt(depth + 1));
    return values;
  }

  private readFields(count: number, depth: number): object {
    this.enter(count * 2, depth);
    const fields: Record<string, unknown> = {};
    for (let step = 0; step < count; step++) {
      const name = this.readName(depth + 1);
      const value = this.readAt(depth + 1);
      if (name !== '__proto__') fields[name] = value;
      // Assigning it would replace the prototype instead of making a field.
      else Object.defineProperty(fields, name, { value, configurable: true, enumerable: true, writable: true });
    }
    return fields;
  }

  /** Of a field: nearly always one that was read before, which is then the same string again. */
  private readName(depth: number): string {
    const size = (this.bytes[this.at] ?? 0) ^ 0xa0;
    if (size > 31 || this.at + 1 + size > this.bytes.length) {
      const name = this.readAt(depth);
      return typeof name === 'string' ? name : this.fail('the name of a field is no string');
    }
    const start = this.at + 1;
    const known = names.get(this.bytes, start, size);
    if (known === null) {
      this.at = start;
      return names.keep(this.readText(size));
    }
    this.at = start + size;
    return known;
  }

  private readText(size: number): string {
    const start = this.take(size);
    const { bytes } = this;
    if (size > shortTextBytesMax) return bytes.toString('utf8', start, this.at);
    let text = '';
    for (let at = start; at < this.at; at++) {
      const byte = bytes[at] as number;
      if (byte > 0x7f) return bytes.toString('utf8', start, this.at);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  private readBytes(size: number): Uint8Array {
    const start = this.take(size);
    return new Uint8Array(this.bytes.subarray(start, this.at));
  }

  private readExtension(size: number): unknown {
    const type = this.readByte();
    const start = this.take(size);
    switch (type) {
      case extensions.undefined:
        return undefined;
      case extensions.bigint:
        return this.bigintOf(this.bytes.toString('latin1', start, this.at));
      case extensions.utf16:
        return this.bytes.toString('utf16le', start, this.at);
      default:
        return this.fail(`extension ${type} is never written`);
    }
  }

  private bigintOf(digits: string): bigint {
    if (!/^-?[0-9a-f]+$/.test(digits)) this.fail('a bigint has no digits');
    return digits.startsWith('-') ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`);
  }

  private readSize16(): number {
    return this.bytes.readUInt16BE(this.take(2));
  }

  private readSize32(): number {
    return this.bytes.readUInt32BE(this.take(4));
  }

  private enter(bytesAtLeast: number, depth: number): void {
    this.expect(bytesAtLeast);
    if (depth >= valueDepthMax) this.fail(`values are nested deeper than ${valueDepthMax} levels`);
  }

  private take(size: number): number {
    this.expect(size);
    const start = this.at;
    this.at += size;
    return start;
  }

  private expect(size: number): void {
    if (size > this.bytes.length - this.at)
      this.fail(`${size} bytes are announced and ${this.bytes.length - this.at} are left`);
  }

  private fail(what: string): never {
    throw new Unreadable(`${what} (at byte ${this.at})`);
  }
}
