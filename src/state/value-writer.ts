import { isBytes, isPlainObject, nounOf, stepText } from './plain-data.js';
import { extensions, valueDepthMax } from './value-format.js';

/** Why a value cannot be stored, and where in it: `.customer.since is an instance of Date`. */
export class Unstorable extends Error {
  override readonly name = 'Unstorable';

  constructor(
    message: string,
    /** What it is an instance of is a class: a serializer could store it. */
    readonly isInstance = false,
  ) {
    super(message);
  }
}

const int64Min = -(2n ** 63n);
const uint64Max = 2n ** 64n - 1n;
const halfPair = /\p{Surrogate}/u;

/** Up to here a loop over the units of a string is faster than a call into the runtime. */
const shortTextUnitsMax = 40;

const stepsShownMax = 8;

const undefinedContent = Uint8Array.of(0);

/**
 * Writes plain data as bytes: equal data, with fields in the same order, gives equal bytes. Throws Unstorable for
 * anything else, which makes it the judge of what may be stored too. Belongs to one owner, who calls `clear` after a
 * throw.
 */
export class ValueWriter {
  private bytes = Buffer.allocUnsafeSlow(1_024);
  private length = 0;
  /** The step into each level of the value at hand. */
  private readonly trail: (string | number)[] = [];

  clear(): void {
    this.length = 0;
  }

  /** What was written since `clear`, as bytes of its own. */
  copy(): Uint8Array {
    return new Uint8Array(this.bytes.subarray(0, this.length));
  }

  /** How many bytes were written since `clear`. */
  get size(): number {
    return this.length;
  }

  /** Bytes that a writer made, as they are. */
  writeRaw(bytes: Uint8Array): void {
    this.append(bytes);
  }

  /** An array of so many values, which are written next. */
  writeArrayOf(count: number): void {
    this.writeHead(0x90, 15, 0, 0xdc, count);
  }

  /** Over four bytes that were written before. */
  overwriteSize32(at: number, size: number): void {
    this.bytes.writeUInt32BE(size, at);
  }

  /** What another one has written. */
  writeFrom(other: ValueWriter): void {
    this.append(other.bytes.subarray(0, other.length));
  }

  /** Takes back what was written beyond the first `size` bytes. */
  cutTo(size: number): void {
    this.length = size;
  }

  writeByte(byte: number): void {
    this.reserve(1);
    this.bytes[this.length++] = byte;
  }

  write(value: unknown): void {
    this.writeAt(value, 0);
  }

  /** As the value of a field, which may be undefined, of an object so many levels deep. */
  writeField(value: unknown, depth: number): void {
    if (value === undefined) this.writeExtension(extensions.undefined, undefinedContent);
    else this.writeAt(value, depth);
  }

  private writeAt(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        return this.writeText(value);
      case 'number':
        return this.writeNumber(value);
      case 'boolean':
        return this.writeByte(value ? 0xc3 : 0xc2);
      case 'bigint':
        return this.writeBigint(value);
      case 'object':
        return value === null ? this.writeByte(0xc0) : this.writeObject(value, depth);
      default:
        return this.refuse(depth, `is ${nounOf(value)}`);
    }
  }

  private writeObject(value: object, depth: number): void {
    if (depth === valueDepthMax)
      this.refuse(depth, `is nested deeper than ${valueDepthMax} levels, or contains itself`);
    if (Array.isArray(value)) this.writeArray(value, depth);
    else if (isPlainObject(value)) this.writeFields(value, depth);
    else if (isBytes(value)) this.writeBytes(value);
    else this.refuse(depth, `is ${nounOf(value)}`, true);
  }

  private writeArray(values: readonly unknown[], depth: number): void {
    this.writeHead(0x90, 15, 0, 0xdc, values.length);
    for (let step = 0; step < values.length; step++) {
      this.trail[depth] = step;
      this.writeAt(values[step], depth + 1);
    }
  }

  private writeFields(value: Readonly<Record<string, unknown>>, depth: number): void {
    const names = Object.keys(value);
    this.writeHead(0x80, 15, 0, 0xde, names.length);
    for (let at = 0; at < names.length; at++) {
      const name = names[at] as string;
      this.writeText(name);
      this.trail[depth] = name;
      this.writeField(value[name], depth + 1);
    }
  }

  private writeNumber(value: number): void {
    this.reserve(9);
    const { bytes } = this;
    if ((value | 0) !== value || (value === 0 && 1 / value < 0)) {
      bytes[this.length] = 0xcb;
      this.length = bytes.writeDoubleBE(value, this.length + 1);
    } else if (value >= -32 && value < 128) {
      bytes[this.length++] = value & 0xff;
    } else if (value >= -32_768 && value < 32_768) {
      bytes[this.length] = 0xd1;
      this.length = bytes.writeInt16BE(value, this.length + 1);
    } else {
      bytes[this.length] = 0xd2;
      this.length = bytes.writeInt32BE(value, this.length + 1);
    }
  }

  private writeBigint(value: bigint): void {
    if (value > uint64Max || value < int64Min) {
      return this.writeExtension(extensions.bigint, Buffer.from(value.toString(16), 'latin1'));
    }
    this.reserve(9);
    const unsigned = value >= 0n;
    this.bytes[this.length] = unsigned ? 0xcf : 0xd3;
    this.length = unsigned
      ? this.bytes.writeBigUInt64BE(value, this.length + 1)
      : this.bytes.writeBigInt64BE(value, this.length + 1);
  }

  private writeText(text: string): void {
    const units = text.length;
    if (units <= shortTextUnitsMax && this.wroteAscii(text)) return;
    const size = Buffer.byteLength(text, 'utf8');
    if (size !== units && halfPair.test(text)) {
      return this.writeExtension(extensions.utf16, Buffer.from(text, 'utf16le'));
    }
    this.writeHead(0xa0, 31, 0xd9, 0xda, size);
    this.reserve(size);
    this.length += this.bytes.write(text, this.length, size, 'utf8');
  }

  private wroteAscii(text: string): boolean {
    const units = text.length;
    this.reserve(units + 2);
    const { bytes } = this;
    let end = this.length;
    if (units <= 31) bytes[end++] = 0xa0 | units;
    else {
      bytes[end++] = 0xd9;
      bytes[end++] = units;
    }
    for (let at = 0; at < units; at++) {
      const unit = text.charCodeAt(at);
      if (unit > 0x7f) return false;
      bytes[end++] = unit;
    }
    this.length = end;
    return true;
  }

  private writeBytes(value: Uint8Array): void {
    this.writeHead(-1, -1, 0xc4, 0xc5, value.length);
    this.append(value);
  }

  private writeExtension(type: number, content: Uint8Array): void {
    if (content.length === 1) this.writeByte(0xd4);
    else this.writeHead(-1, -1, 0xc7, 0xc8, content.length);
    this.writeByte(type);
    this.append(content);
  }

  /**
   * The tag and size of what has several forms; tag16 + 1 is the form of 32 bits, a tag8 of 0 means that there is none.
   */
  private writeHead(fixTag: number, fixMax: number, tag8: number, tag16: number, size: number): void {
    this.reserve(5);
    const { bytes } = this;
    if (size <= fixMax) bytes[this.length++] = fixTag | size;
    else if (size < 256 && tag8 !== 0) {
      bytes[this.length++] = tag8;
      bytes[this.length++] = size;
    } else if (size < 65_536) {
      bytes[this.length] = tag16;
      this.length = bytes.writeUInt16BE(size, this.length + 1);
    } else {
      bytes[this.length] = tag16 + 1;
      this.length = bytes.writeUInt32BE(size, this.length + 1);
    }
  }

  private append(content: Uint8Array): void {
    this.reserve(content.length);
    this.bytes.set(content, this.length);
    this.length += content.length;
  }

  private reserve(size: number): void {
    const needed = this.length + size;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  private refuse(depth: number, what: string, isInstance = false): never {
    const steps = this.trail.slice(0, Math.min(depth, stepsShownMax)).map(stepText);
    throw new Unstorable(`${steps.join('')}${depth > stepsShownMax ? '…' : ''} ${what}`, isInstance);
  }
}
