import type { KeyValueStore, StoreKey } from '../../ports/key-value-engine.js';
import type { Admission } from '../heap/admission.js';
import { ValueReader } from '../value-reader.js';
import { Unstorable, ValueWriter } from '../value-writer.js';
import type { Cached, EntryCache } from './entry-cache.js';
import { memorySize } from './memory-size.js';
import { chunkKey, collectionRanges, memberKey } from './store-keys.js';
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

/** The first byte of a chunk. `restored`: as the checkpoint had it, when the code had not asked for its state yet. */
const form = { current: 0, restored: 1 } as const;

/** Which chunk holds a key of a map. */
export function chunkNumber(no: number): Uint8Array {
  const writer = new ValueWriter();
  writer.write(no);
  return writer.copy();
}

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
  /** How those states are read of which what was restored is of another version. */
  private readonly anew = new Map<Admission, (data: unknown) => unknown>();
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
    let at = 0;
    for (const element of this.elementsOf(bytes, kind)) {
      chunk.elements.set(kind.nameOf(element, at), element);
      chunk.bytes += 32 + memorySize(element);
      at += 1;
    }
    return this.add(chunk);
  }

  /** What is in a chunk of the store, in whatever version it was written, as the code has it. */
  private *elementsOf(bytes: Uint8Array, { isMap, admission }: Omit<ChunkKind, 'nameOf'>): Generator<unknown> {
    const reader = new ValueReader(bytes);
    const convert = reader.readByte() === form.restored ? this.anew.get(admission) : undefined;
    while (!reader.atEnd()) {
      const key = isMap ? admission.given(reader.read()) : null;
      const data = reader.read();
      const value = convert === undefined ? admission.revived(data) : convert(data);
      yield isMap ? [key, value] : value;
    }
  }

  /** Its form, then the elements as they stand in a group, one after the other. */
  encode({ elements }: Pick<Chunk, 'elements'>, kind: ChunkKind): Uint8Array {
    this.writer.clear();
    this.writer.writeByte(form.current);
    for (const element of elements.values()) this.write(element, kind);
    return this.writer.copy();
  }

  private write(element: unknown, { isMap, admission }: Omit<ChunkKind, 'nameOf'>): void {
    const { writer } = this;
    try {
      if (isMap) {
        const [key, value] = element as readonly [unknown, unknown];
        writer.write(key);
        writer.write(admission.stored(value));
      } else writer.write(admission.stored(element));
    } catch (error) {
      if (error instanceof Unstorable) admission.refuse(`value${error.message}`, error.isInstance);
      throw error;
    }
  }

  /** A chunk of the store as it stands in a group: one that was written in an earlier version is written in that of now. */
  image(bytes: Uint8Array, kind: Omit<ChunkKind, 'nameOf'>): Uint8Array {
    if (bytes[0] === form.current || !this.anew.has(kind.admission)) return bytes.subarray(1);
    this.writer.clear();
    for (const element of this.elementsOf(bytes, kind)) this.write(element, kind);
    return this.writer.copy();
  }

  /**
   * Puts what is restored straight into the store, and nothing of it into memory. Where the code has not asked for the state, it stays as it was written, whoever
   * reads it later; where it has, its values are of the version of now.
   */
  restored(elements: Iterable<unknown>, kind: ChunkKind): CollectionFacts {
    const { writer } = this;
    const { writes } = this.setting;
    const id = this.newId();
    const head = kind.admission.serializer === null ? form.restored : form.current;
    let [last, count, inChunk] = [-1, 0, 0];
    const put = (): void => {
      if (inChunk > 0) writes.put(chunkKey(id, last), writer.copy());
      inChunk = 0;
    };
    for (const element of elements) {
      if (inChunk === 0 || inChunk >= chunkElementsMax || writer.size >= chunkBytesMax) {
        put();
        writer.clear();
        writer.writeByte(head);
        last += 1;
      }
      if (kind.isMap) writes.put(memberKey(id, kind.nameOf(element, inChunk) as string), chunkNumber(last));
      this.write(element, kind);
      inChunk += 1;
      count += 1;
    }
    put();
    return { id, first: 0, last, count };
  }

  /** From here on what was restored of that state is read by `read`. */
  readAnew(admission: Admission, read: (data: unknown) => unknown): void {
    this.anew.set(admission, read);
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
