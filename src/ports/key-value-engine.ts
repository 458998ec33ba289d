import type { Failure } from '../../actors/kernel/failure.js';

/**
 * A key: a string of code units up to 0xff, so that each is a byte, ordered as its bytes are. Strings are the cheapest keys that can be looked up, joined and
 * compared.
 */
export type StoreKey = string;

/** Null takes the key out. */
export type StoreWrite = readonly [key: StoreKey, value: Uint8Array | null];

export type StoreEntry = readonly [key: StoreKey, value: Uint8Array];

export type StoreResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };
export type StoreDone<T> = (result: StoreResult<T>) => void;

/** Ordered stores of this process, for what is worked with and can be lost: no store outlives the object that it was opened as. */
export interface KeyValueEngine {
  /**
   * An empty store. `cacheBytes` is about what it may take of memory. It takes no calls before `opened` has said that it is open; who does not want it any more
   * closes it at any time.
   */
  open(cacheBytes: number, opened: StoreDone<null>): KeyValueStore;
}

/**
 * Answers are queued, never given from within the call, and not given after `close`. Values that go in belong to the store, values that come out to the caller.
 * Failures name the folder and the reason: STORE_UNWRITABLE where a restart would not help, STORE_FULL when there is no room, else STORE_FAILED.
 */
export interface KeyValueStore {
  /** What was answered as written; of what is under way, all of it or nothing. Throws a StoreError when it cannot be read. */
  get(key: StoreKey): Uint8Array | undefined;
  /** All of it or nothing. Writes take effect in the order of the calls. At most `batchWritesMax`. */
  write(writes: readonly StoreWrite[], done: StoreDone<null>): void;
  /** All that was answered as written, as it is now; of what is under way, nobody knows. It costs space until it is released. */
  snapshot(): KeyValueSnapshot;
  /** Takes out every key from `from` to before `to`, a part after the other. */
  clear(from: StoreKey, to: StoreKey, done: StoreDone<null>): void;
  /** Lets go of it and of all that it holds on disk, also while calls are under way. */
  close(): void;
}

export interface KeyValueSnapshot {
  /** In the order of the keys; undefined for those that are not there. */
  getMany(keys: readonly StoreKey[], done: StoreDone<readonly (Uint8Array | undefined)[]>): void;
  /** Every key from `from` to before `to`, in order. */
  scan(from: StoreKey, to: StoreKey): StoreScan;
  /** Its scans are over with it. */
  release(): void;
}

/** One call at a time. */
export interface StoreScan {
  /** At most so many more; none means that the end is reached. */
  next(entriesMax: number, done: StoreDone<readonly StoreEntry[]>): void;
  /** Lets go of what it holds; also before the end. */
  close(): void;
}

/** What a store could not do, where there is nobody to answer to. */
export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/** A batch holds up the thread while it is handed over. */
export const batchWritesMax = 1_000;
