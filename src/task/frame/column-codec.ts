import { noTimestamp } from '../../operators/operator.js';
import { Unreadable } from '../../state/value-reader.js';
import type { RecordBatch } from '../elements.js';
import { ColumnReader } from './columns/column-reader.js';
import { ColumnWriter } from './columns/column-writer.js';
import { Shapes } from './columns/shapes.js';
import type { FrameCodec } from './frame-codec.js';
import { headerBytes } from './frame-header.js';
import { hasTimestamps, RowCodec } from './row-codec.js';

/*
 * A body of columns is one of rows up to the timestamps, save that 2 is added to the byte that says whether there are any; one column of
 * all records follows, see columns/column-format.ts.
 */
const prefixBytes = 5;
const inColumns = 2;

/** Below this the names of fields weigh more than what columns save. */
const recordsMin = 4;

/**
 * Records as columns where they have one shape, as those of a stream mostly do, and as msgpack rows where not. What comes out is the
 * same. One for a process: it keeps buffers and code for shapes, and nothing of any channel.
 */
export class ColumnCodec implements FrameCodec {
  private readonly rows = new RowCodec();
  private readonly shapes = new Shapes();
  private readonly writer = new ColumnWriter(this.shapes);

  encode(values: readonly unknown[], timestamps: readonly number[], from: number, to: number): Uint8Array {
    const count = to - from;
    const columns = count < recordsMin ? null : this.writer.write(values, from, to);
    if (columns === null) return this.rows.encode(values, timestamps, from, to);
    const timed = hasTimestamps(timestamps, from, to);
    const columnsAt = headerBytes + prefixBytes + (timed ? count * 8 : 0);
    const frame = new Uint8Array(columnsAt + columns.length);
    const view = new DataView(frame.buffer, headerBytes);
    view.setUint32(0, count, true);
    view.setUint8(4, inColumns + (timed ? 1 : 0));
    for (let index = 0; timed && index < count; index++) {
      view.setFloat64(prefixBytes + index * 8, timestamps[from + index] as number, true);
    }
    frame.set(columns, columnsAt);
    return frame;
  }

  decode(body: Uint8Array): RecordBatch | { readonly damage: string } {
    const form = body[4] ?? 0;
    if (form < inColumns) return this.rows.decode(body);
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const count = view.getUint32(0, true);
    const timed = form === inColumns + 1;
    const columnsAt = prefixBytes + (timed ? count * 8 : 0);
    if (form > inColumns + 1) return { damage: `form ${form} of records is unknown` };
    if (count > body.length || columnsAt > body.length) return { damage: `no room for ${count} records` };
    try {
      const values = new ColumnReader(body, columnsAt, this.shapes).readAll(count);
      const timestamps: number[] = [];
      for (let index = 0; index < count; index++) {
        timestamps.push(timed ? view.getFloat64(prefixBytes + index * 8, true) : noTimestamp);
      }
      return { kind: 'records', values, timestamps };
    } catch (error) {
      if (error instanceof Unreadable) return { damage: error.message };
      throw error;
    }
  }
}
