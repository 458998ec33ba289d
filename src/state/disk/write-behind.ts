import type { Failure } from '../../../actors/kernel/failure.js';
import { batchWritesMax, type KeyValueStore, type StoreKey, type StoreWrite } from '../../ports/key-value-engine.js';

/** What was put out between two moments. A later write of a key replaces an earlier one. */
interface Generation {
  readonly writes: Map<StoreKey, Uint8Array | null>;
  /** `open`: more may come. Else called when all of it, and all before it, is in the store and nothing after it is. */
  ended: 'open' | (() => void);
}

/** A moment of the state that is to become a moment of the store. */
export interface Moment {
  /** Something from before that had not been put out when the moment was fixed. */
  put(key: StoreKey, value: Uint8Array | null): void;
  /** Nothing from before is missing any more. `reached` is called once, later or now: the store is then as the state was. */
  complete(reached: () => void): void;
  /** Nobody waits for it any more. */
  cancel(): void;
}

export interface WriteBehindSetting {
  readonly store: KeyValueStore;
  /** So much may wait for the store; more is accepted, and said. */
  readonly pendingBytesMax: number;
  /** Something has changed that somebody may wait for. */
  wake(): void;
  failed(failure: Failure): void;
}

/** What a write costs in memory beside its key and its value. */
const writeOverheadBytes = 96;

const sizeOf = (key: StoreKey, value: Uint8Array | null): number =>
  key.length + (value === null ? 0 : value.length) + writeOverheadBytes;

/**
 * Writes on their way to the store, one batch at a time. What waits or is under way is found here; what is not here is as the store has it. When a moment is fixed,
 * what is put out afterwards waits until all from before is written: then a snapshot of the store is the state of that moment.
 */
export class WriteBehind {
  /** The oldest first; the last one is open. */
  private readonly generations: Generation[] = [{ writes: new Map(), ended: 'open' }];
  private underWay: Map<StoreKey, Uint8Array | null> | null = null;
  private pendingBytes = 0;
  private isOpen = false;
  private wasFull = false;

  constructor(private readonly setting: WriteBehindSetting) {}

  /** The store is open. */
  opened(): void {
    this.isOpen = true;
    this.pump();
  }

  /** Whether more is to come: false from when too much waits until half of that is written. */
  get hasRoom(): boolean {
    if (!this.wasFull && this.pendingBytes > this.setting.pendingBytesMax) {
      this.wasFull = true;
      this.pump();
    }
    return !this.wasFull;
  }

  /** Null: taken out. Undefined: the store knows. */
  get(key: StoreKey): Uint8Array | null | undefined {
    const { generations, underWay } = this;
    for (let at = generations.length - 1; at >= 0; at--) {
      const value = (generations[at] as Generation).writes.get(key);
      if (value !== undefined) return value;
    }
    return underWay?.get(key);
  }

  put(key: StoreKey, value: Uint8Array | null): void {
    this.putInto(this.generations[this.generations.length - 1] as Generation, key, value);
  }

  fixMoment(): Moment {
    const generation = this.generations[this.generations.length - 1] as Generation;
    this.generations.push({ writes: new Map(), ended: 'open' });
    const end = (reached: () => void): void => {
      generation.ended = reached;
      this.pump();
    };
    return {
      put: (key, value) => this.putInto(generation, key, value),
      complete: end,
      cancel: () => {
        if (this.generations.includes(generation)) end(() => undefined);
      },
    };
  }

  /** Writes what waits, in batches that are full; of what has ended, and when there is no room, all. */
  private pump(): void {
    while (this.isOpen && this.underWay === null) {
      const oldest = this.generations[0] as Generation;
      const { ended, writes } = oldest;
      if (writes.size === 0 && ended !== 'open') {
        this.generations.shift();
        ended();
      } else if (writes.size >= batchWritesMax || (writes.size > 0 && (ended !== 'open' || this.wasFull))) {
        this.write(oldest);
      } else return;
    }
  }

  private putInto(generation: Generation, key: StoreKey, value: Uint8Array | null): void {
    const before = generation.writes.get(key);
    if (before !== undefined) this.pendingBytes -= sizeOf(key, before);
    generation.writes.set(key, value);
    this.pendingBytes += sizeOf(key, value);
    if (generation.writes.size >= batchWritesMax && this.underWay === null) this.pump();
  }

  private write({ writes }: Generation): void {
    const { store, failed, wake, pendingBytesMax } = this.setting;
    const batch: StoreWrite[] = [];
    let bytes = 0;
    const underWay = new Map<StoreKey, Uint8Array | null>();
    for (const write of writes) {
      batch.push(write);
      underWay.set(write[0], write[1]);
      bytes += sizeOf(write[0], write[1]);
      if (batch.length === batchWritesMax) break;
    }
    if (batch.length === writes.size) writes.clear();
    else for (const [key] of batch) writes.delete(key);
    this.underWay = underWay;
    store.write(batch, (result) => {
      if (!result.ok) return failed(result.failure);
      this.underWay = null;
      this.pendingBytes -= bytes;
      if (this.wasFull && this.pendingBytes * 2 <= pendingBytesMax) {
        this.wasFull = false;
        wake();
      }
      this.pump();
    });
  }
}
