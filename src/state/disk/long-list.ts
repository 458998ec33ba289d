import type { Admission } from '../heap/admission.js';
import type { Chunk, ChunkKind, CollectionFacts, Collections } from './collections.js';
import type { OutsideContent } from './disk-cursor.js';

/** A list that is too long for one entry: adding to it reads and writes its last chunk. */
export class LongList implements OutsideContent, CollectionFacts {
  readonly isOutside = true;
  readonly id: number;
  readonly first = 0;
  last: number;
  count: number;
  private readonly kind: ChunkKind;

  constructor(
    private readonly collections: Collections,
    admission: Admission,
    facts: CollectionFacts | null,
  ) {
    this.kind = kindOfList(admission);
    this.id = facts?.id ?? collections.newId();
    this.last = facts?.last ?? -1;
    this.count = facts?.count ?? 0;
  }

  add(value: unknown): void {
    const tail = this.chunk(this.last);
    let chunk = tail;
    if (chunk === null || chunk.isFull) {
      this.last += 1;
      chunk = this.collections.newChunk(this.id, this.last, this.kind);
    }
    chunk.set(chunk.elements.size, value);
    this.count += 1;
  }

  /** Takes back the last `add`. */
  removeLast(): void {
    const tail = this.chunk(this.last) as Chunk;
    tail.delete(tail.elements.size - 1);
    this.count -= 1;
    if (tail.elements.size === 0) this.last -= 1;
  }

  all(): unknown[] {
    const values: unknown[] = [];
    for (let no = 0; no <= this.last; no++) values.push(...(this.chunk(no) as Chunk).elements.values());
    return values;
  }

  discard(): void {
    this.collections.discard(this);
  }

  private chunk(no: number): Chunk | null {
    return no < 0 ? null : this.collections.chunk(this.id, no, this.kind);
  }
}

export const kindOfList = (admission: Admission): ChunkKind => ({
  isMap: false,
  admission,
  nameOf: (_element, at) => at,
});
