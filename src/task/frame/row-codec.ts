import { Unpackr } from 'msgpackr';
import { noTimestamp } from '../../operators/operator.js';
import { ValueReader } from '../../state/value-reader.js';
import { ValueWriter } from '../../state/value-writer.js';
import type { RecordBatch } from '../elements.js';
import type { FrameCodec } from './frame-codec.js';
import { headerBytes } from './frame-header.js';
import { boundsOf } from './msgpack-bounds.js';

/*
 * A body is the number of records (4 bytes, little-endian), whether they have timestamps (1 byte), the timestamps if they have
 * (float64, little-endian), and the values as one msgpack array.
 *
 * The values are plain data as state keeps it: a field that is undefined stays one, −0 stays −0, bigints stay bigints. So a record
 * is the same whether or not its consumer is in the same slot.
 */
const prefixBytes = 5;
const arrayHeadBytes = 5;
const array32 = 0xdd;

/** A buffer that one huge record made grow is not kept. */
const keptBytesMax = 4_194_304;

/** Records as msgpack rows. One for a process: it keeps a buffer and nothing of any channel. */
export class RowCodec implements FrameCodec {
  private writer = new ValueWriter();
  private readonly reader = new Unpackr({
    useRecords: false,
    mapsAsObjects: true,
    structuredClone: false,
    moreTypes: false,
    int64AsType: 'bigint',
  } as ConstructorParameters<typeof Unpackr>[0]);

  encode(values: readonly unknown[], timestamps: readonly number[], from: number, to: number): Uint8Array {
    const rows = this.rows(values, from, to);
    const count = to - from;
    const timed = hasTimestamps(timestamps, from, to);
    const valuesAt = headerBytes + prefixBytes + (timed ? count * 8 : 0);
    const frame = new Uint8Array(valuesAt + arrayHeadBytes + rows.length);
    const view = new DataView(frame.buffer, headerBytes);
    view.setUint32(0, count, true);
    view.setUint8(4, timed ? 1 : 0);
    for (let index = 0; timed && index < count; index++) {
      view.setFloat64(prefixBytes + index * 8, timestamps[from + index] as number, true);
    }
    frame[valuesAt] = array32;
    new DataView(frame.buffer).setUint32(valuesAt + 1, count);
    frame.set(rows, valuesAt + arrayHeadBytes);
    return frame;
  }

  private rows(values: readonly unknown[], from: number, to: number): Uint8Array {
    const { writer } = this;
    writer.clear();
    for (let index = from; index < to; index++) writer.write(values[index]);
    const rows = writer.copy();
    if (rows.length > keptBytesMax) this.writer = new ValueWriter();
    return rows;
  }

  decode(body: Uint8Array): RecordBatch | { readonly damage: string } {
    if (body.length < prefixBytes) return { damage: 'the body ends early' };
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const count = view.getUint32(0, true);
    const timed = view.getUint8(4);
    const valuesAt = prefixBytes + (timed === 1 ? count * 8 : 0);
    if (timed > 1 || count > body.length || valuesAt > body.length) return { damage: `no room for ${count} records` };
    const bounds = boundsOf(body, valuesAt);
    if (typeof bounds === 'object') return bounds;
    const values = this.read(body.subarray(valuesAt), bounds);
    if (!Array.isArray(values) || values.length !== count) return { damage: `the values are not ${count}` };
    const timestamps: number[] = [];
    for (let index = 0; index < count; index++) {
      timestamps.push(timed === 1 ? view.getFloat64(prefixBytes + index * 8, true) : noTimestamp);
    }
    return { kind: 'records', values, timestamps };
  }

  /** What the scan let pass may still be no text or no number that a reader takes. */
  private read(bytes: Uint8Array, bounds: 'plain' | 'exact'): unknown {
    try {
      return bounds === 'plain' ? this.reader.unpack(bytes) : new ValueReader(bytes).read();
    } catch (error) {
      return error;
    }
  }
}

export function hasTimestamps(timestamps: readonly number[], from: number, to: number): boolean {
  for (let index = from; index < to; index++) if (timestamps[index] !== noTimestamp) return true;
  return false;
}
