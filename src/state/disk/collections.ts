import type { KeyValueStore, StoreKey } from '../../ports/key-value-engine.js';
import type { Admission } from '../heap/admission.js';
import { ValueReader } from '../value-reader.js';
import { Unstorable, ValueWriter } from '../value-writer.js';
import type { Cached, EntryCache } from './entry-cache.js';
import { memorySize } from './memory-size.js';
import { chunkKey, collectionRanges } from './store-keys.js';
import type { WriteBehind } from './write-behind.js';

/** Which chunks a long list or map has. Some between the first and the last may be gone. */
export interface CollectionFacts {
  readonly id: number;
  readonly first: number;
  readonly last: number;
  /** Of elements. */
  readonly count: number;
}

/** A chunk takes no more elements when it has so many, or is so large. */
const chunkElementsMax = 128;
const chunkBytesMax = 8_192;
const chunkOverheadBytes = 256;

/** Elements of a list, or of a map as [key, value] by the text of the key: live objects that stand for one value of the store. */
export class Chunk implements Cached {
  bytes: number = chunkOverheadBytes;
  at = -1;
  used = true;
  dirtyIn = 0;
  readonly elements = new Map<string | number, unknown>();

  constructor(
    readonly storeKey: StoreKey,
    readonly no: number,
    private readonly kind: ChunkKind,
    private readonly collections: Collections,
  ) {}

  get isFull(): boolean {
    return this.elements.size >= chunkElementsMax || this.bytes >= chunkBytesMax;
  }

  set(at: string | number, element: unknown): void {
    const before = this.elements.get(at);
    this.collections.cache.beforeChange(this);
    this.elements.set(at, element);
    const grownBytes = 32 + memorySize(element) - (before === undefined ? 0 : 32 + memorySize(before));
    this.collections.cache.resized(this, this.bytes + grownBytes);
    this.collections.cache.changed(this);
  }

  delete(at: string | number): void {
    this.collections.cache.beforeChange(this);
    const before = this.elements.get(at);
    this.elements.delete(at);
    this.collections.cache.resized(this, this.bytes - 32 - memorySize(before));
    this.collections.cache.changed(this);
  }

  encoded(): Uint8Array | null {
    return this.elements.size === 0 ? null : this.collections.encode(this, this.kind);
  }

  isPinned(): boolean {
    return false;
  }

  evicted(): void {
    this.collections.forget(this);
  }
}

/** What elements are, and whose. */
export interface ChunkKind {
  readonly isMap: boolean;
  readonly admission: Admission;
  /** By what an element of a restored chunk is found: the text of its key, or its place. */
  nameOf(element: unknown, at: number): string | number;
}

export interface CollectionsSetting {
  readonly cache: EntryCache;
  readonly writes: WriteBehind;
  readonly store: KeyValueStore;
  stored(key: StoreKey): Uint8Array | undefined;
}

/** So many discarded collections are cleared together. */
const deadMax = 32;

/** The chunks of all long lists and maps of a backend that are in memory, and what becomes of those that nobody reads any more. */
export class Collections {
  readonly cache: EntryCache;
  private readonly live = new Map<StoreKey, Chunk>();
  private readonly writer = new ValueWriter();
  private dead: number[] = [];
  private newest = 0;

  constructor(readonly setting: CollectionsSetting) {
    this.cache = setting.cache;
  }

  newId(): number {
    this.newest += 1;
    return this.newest;
  }

  newChunk(id: number, no: number, kind: ChunkKind): Chunk {
    const live = this.live.get(chunkKey(id, no));
    if (live !== undefined) return live;
    if (this.cache.isOver) this.cache.makeRoom();
    return this.add(new Chunk(chunkKey(id, no), no, kind, this));
  }

  /** Null when it is gone. What was returned before may have left memory: use one at a time. */
  chunk(id: number, no: number, kind: ChunkKind): Chunk | null {
    const storeKey = chunkKey(id, no);
    const live = this.live.get(storeKey);
    if (live !== undefined) {
      // What is read of it may be changed in place before that is said.
      this.cache.beforeChange(live);
      live.used = true;
      return live;
    }
    const bytes = this.setting.stored(storeKey);
    if (bytes === undefined) return null;
    if (this.cache.isOver) this.cache.makeRoom();
    const chunk = new Chunk(storeKey, no, kind, this);
    const reader = new ValueReader(bytes);
    const { admission } = kind;
    for (let at = 0; !reader.atEnd(); at++) {
      const key = kind.isMap ? admission.given(reader.read()) : null;
      const value = admission.revived(reader.read());
      const element = kind.isMap ? [key, value] : value;
      chunk.elements.set(kind.nameOf(element, at), element);
      chunk.bytes += 32 + memorySize(element);
    }
    return this.add(chunk);
  }

  /** The elements as they stand in a group, one after the other. */
  encode({ elements }: Chunk, { isMap, admission }: ChunkKind): Uint8Array {
    const { writer } = this;
    writer.clear();
    try {
      for (const element of elements.values()) {
        if (isMap) {
          const [key, value] = element as readonly [unknown, unknown];
          writer.write(key);
          writer.write(admission.stored(value));
        } else writer.write(admission.stored(element));
      }
    } catch (error) {
      if (error instanceof Unstorable) admission.refuse(`value${error.message}`, error.isInstance);
      throw error;
    }
    return writer.copy();
  }

  forget(chunk: Chunk): void {
    this.live.delete(chunk.storeKey);
  }

  /** Nobody will read it any more. What is written of it is cleared some time after it is written, and after each snapshot that still reads it. */
  discard({ id, first, last }: CollectionFacts): void {
    for (let no = first; no <= last; no++) {
      const chunk = this.live.get(chunkKey(id, no));
      if (chunk === undefined) continue;
      this.cache.beforeChange(chunk);
      this.cache.drop(chunk);
      this.forget(chunk);
    }
    this.dead.push(id);
    if (this.dead.length >= deadMax) this.clearDead();
  }

  private clearDead(): void {
    const { writes, store } = this.setting;
    const ranges = this.dead.flatMap(collectionRanges);
    this.dead = [];
    writes.fixMoment().complete(() => {
      // One that fails leaves space in use, and nothing else.
      for (const [from, to] of ranges) store.clear(from, to, () => undefined);
    });
  }

  private add(chunk: Chunk): Chunk {
    this.live.set(chunk.storeKey, chunk);
    this.cache.add(chunk);
    return chunk;
  }
}
