import type { RecordBatch } from '../elements.js';

/** How the records of a frame are written. Every frame is read by itself. */
export interface FrameCodec {
  /**
   * A frame whose first `headerBytes` are left for the header and whose body holds the records from `from` to before `to`. Throws
   * `Unstorable`, with the path, for what is no plain data.
   */
  encode(values: readonly unknown[], timestamps: readonly number[], from: number, to: number): Uint8Array;
  /** The records of a body, or what is wrong with it. Allocates no more than a constant times the body's length. */
  decode(body: Uint8Array): RecordBatch | { readonly damage: string };
}
