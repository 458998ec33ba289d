const nothing = Buffer.alloc(0);

/**
 * The bytes of a file that are at hand: a contiguous range that grows block by block and is let go from the front. All places are
 * positions in the file. A block is taken as it is while nothing is left of the one before; otherwise the rest is copied in front of it.
 */
export class ByteWindow {
  bytes: Buffer = nothing;
  /** Position in the file of `bytes[0]`. */
  base: number;
  /** Position after the last byte at hand; what `bytes` holds beyond it means nothing. */
  end: number;
  private start: number;

  constructor(position: number) {
    this.base = position;
    this.start = position;
    this.end = position;
  }

  get held(): number {
    return this.end - this.start;
  }

  /** Bytes before `position` are no longer needed. */
  release(position: number): void {
    this.start = Math.min(Math.max(this.start, position), this.end);
  }

  append(block: Buffer): void {
    if (this.start === this.end) {
      this.bytes = block;
      this.base = this.end;
    } else {
      if (this.end - this.base + block.length > this.bytes.length) this.makeRoom(block.length);
      block.copy(this.bytes, this.end - this.base);
    }
    this.end += block.length;
  }

  text(from: number, to: number): string {
    return this.bytes.toString('utf8', from - this.base, to - this.base);
  }

  private makeRoom(more: number): void {
    const { held } = this;
    // A record longer than a block doubles the room each time, so that it is not copied once a block.
    const grown = Buffer.allocUnsafe(held > more ? 2 * (held + more) : held + more);
    this.bytes.copy(grown, 0, this.start - this.base, this.end - this.base);
    this.bytes = grown;
    this.base = this.start;
  }
}
