import { canonicalKeyText } from '../canonical-key.js';
import type { Admission } from '../heap/admission.js';
import { ValueReader } from '../value-reader.js';
import { type Chunk, type ChunkKind, type CollectionFacts, type Collections, chunkNumber } from './collections.js';
import type { OutsideContent } from './disk-cursor.js';
import { memberKey } from './store-keys.js';

/** A map that is too long for one entry: its pairs stand in chunks in the order of insertion, and beside them for each key which chunk has it. */
export class LongMap implements OutsideContent, CollectionFacts {
  readonly isOutside = true;
  readonly id: number;
  first: number;
  last: number;
  count: number;
  private readonly kind: ChunkKind;

  constructor(
    private readonly collections: Collections,
    admission: Admission,
    facts: CollectionFacts | null,
  ) {
    this.kind = kindOfMap(admission);
    this.id = facts?.id ?? collections.newId();
    this.first = facts?.first ?? 0;
    this.last = facts?.last ?? -1;
    this.count = facts?.count ?? 0;
  }

  get(key: unknown): unknown {
    const text = canonicalKeyText(key);
    const pair = this.chunkOf(text)?.elements.get(text) as readonly [unknown, unknown] | undefined;
    return pair?.[1];
  }

  set(key: unknown, value: unknown): void {
    const text = canonicalKeyText(key);
    const known = this.chunkOf(text);
    if (known !== null) {
      const [firstKey] = known.elements.get(text) as readonly [unknown, unknown];
      known.set(text, [firstKey, value]);
      return;
    }
    let chunk = this.last < this.first ? null : this.chunk(this.last);
    if (chunk === null || chunk.isFull) {
      this.last += 1;
      chunk = this.collections.newChunk(this.id, this.last, this.kind);
    }
    chunk.set(text, [key, value]);
    this.count += 1;
    this.collections.setting.writes.put(memberKey(this.id, text), chunkNumber(chunk.no));
  }

  /** False when there was none. */
  delete(key: unknown): boolean {
    const text = canonicalKeyText(key);
    const chunk = this.chunkOf(text);
    if (chunk === null) return false;
    chunk.delete(text);
    this.count -= 1;
    this.collections.setting.writes.put(memberKey(this.id, text), null);
    // Whoever takes out what is oldest leaves nothing to be passed over.
    if (chunk.elements.size === 0 && chunk.no === this.first) this.first += 1;
    return true;
  }

  /** Chunk by chunk, each as it is when it is come to. */
  *entries(): Generator<readonly [unknown, unknown]> {
    for (let no = this.first; no <= this.last; no++) {
      const pairs = this.chunk(no)?.elements.values();
      if (pairs !== undefined) yield* [...pairs] as (readonly [unknown, unknown])[];
    }
  }

  discard(): void {
    this.collections.discard(this);
  }

  private chunkOf(text: string): Chunk | null {
    const bytes = this.collections.setting.stored(memberKey(this.id, text));
    return bytes === undefined ? null : this.chunk(new ValueReader(bytes).readIndex(Number.POSITIVE_INFINITY));
  }

  private chunk(no: number): Chunk | null {
    return this.collections.chunk(this.id, no, this.kind);
  }
}

export const kindOfMap = (admission: Admission): ChunkKind => ({
  isMap: true,
  admission,
  nameOf: (pair) => canonicalKeyText((pair as unknown[])[0]),
});
