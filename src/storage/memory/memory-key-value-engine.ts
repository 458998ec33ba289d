import type {
  KeyValueEngine,
  KeyValueSnapshot,
  KeyValueStore,
  StoreDone,
  StoreEntry,
  StoreKey,
  StoreScan,
  StoreWrite,
} from '../../ports/key-value-engine.js';

/** Runs what it is given later, in order, and never from within the call. */
export type Queue = (run: () => void) => void;

/** A KeyValueEngine in Maps, for specs and the simulator: writes take effect when they are answered. */
export class MemoryKeyValueEngine implements KeyValueEngine {
  constructor(private readonly queue: Queue) {}

  open(_cacheBytes: number, opened: StoreDone<null>): KeyValueStore {
    const store = new MemoryStore(this.queue);
    store.answer(opened, () => null);
    return store;
  }
}

class MemoryStore implements KeyValueStore {
  private contents: Map<StoreKey, Uint8Array> = new Map();
  /** Whether a snapshot reads the map, which is then never changed again. */
  private shared = false;
  private closed = false;

  constructor(private readonly queue: Queue) {}

  get(key: StoreKey): Uint8Array | undefined {
    if (this.closed) throw new TypeError('the store is closed');
    return this.contents.get(key)?.slice();
  }

  write(writes: readonly StoreWrite[], done: StoreDone<null>): void {
    this.answer(done, () => {
      const contents = this.own();
      for (const [key, value] of writes) {
        if (value === null) contents.delete(key);
        else contents.set(key, value);
      }
      return null;
    });
  }

  snapshot(): KeyValueSnapshot {
    this.shared = true;
    const { contents } = this;
    return {
      getMany: (keys, done) => this.answer(done, () => keys.map((key) => contents.get(key)?.slice())),
      scan: (from, to) => new MemoryScan(this, entriesIn(contents, from, to)),
      release: () => undefined,
    };
  }

  clear(from: StoreKey, to: StoreKey, done: StoreDone<null>): void {
    this.answer(done, () => {
      const contents = this.own();
      for (const [key] of entriesIn(contents, from, to)) contents.delete(key);
      return null;
    });
  }

  close(): void {
    this.closed = true;
    this.contents = new Map();
  }

  answer<T>(done: StoreDone<T>, effect: () => T): void {
    this.queue(() => {
      if (!this.closed) done({ ok: true, value: effect() });
    });
  }

  private own(): Map<StoreKey, Uint8Array> {
    if (this.shared) this.contents = new Map(this.contents);
    this.shared = false;
    return this.contents;
  }
}

class MemoryScan implements StoreScan {
  private at = 0;

  constructor(
    private readonly store: MemoryStore,
    private readonly entries: readonly StoreEntry[],
  ) {}

  next(entriesMax: number, done: StoreDone<readonly StoreEntry[]>): void {
    this.store.answer(done, () => {
      const page = this.entries.slice(this.at, this.at + entriesMax);
      this.at += page.length;
      return page.map(([key, value]) => [key, value.slice()] as const);
    });
  }

  close(): void {
    this.at = this.entries.length;
  }
}

function entriesIn(contents: ReadonlyMap<StoreKey, Uint8Array>, from: StoreKey, to: StoreKey): readonly StoreEntry[] {
  const inside = [...contents].filter(([key]) => key >= from && key < to);
  return inside.sort(([a], [b]) => (a < b ? -1 : 1));
}
