import { rm } from 'node:fs/promises';
import type { ClassicLevel, DatabaseOptions, Iterator } from 'classic-level';
import type { Failure } from '../../../actors/kernel/failure.js';
import { failure } from '../../../actors/kernel/failure.js';
import {
  type KeyValueSnapshot,
  type KeyValueStore,
  type StoreDone,
  type StoreEntry,
  StoreError,
  type StoreKey,
  type StoreScan,
  type StoreWrite,
} from '../../ports/key-value-engine.js';

type Level = ClassicLevel<string, Uint8Array>;
type LevelSnapshot = ReturnType<Level['snapshot']>;

/** How a database is made, or why none can be. */
export type OpenLevel =
  | { readonly kind: 'loaded'; create(location: string, options: DatabaseOptions<string, Uint8Array>): Level }
  | { readonly kind: 'unavailable'; readonly error: unknown };

export interface LevelPlace {
  readonly location: string;
  readonly cacheBytes: number;
}

/**
 * What was written last is in a buffer, while a second one is on its way to disk. Small ones make many tables, which are compacted over and over. What is left is for blocks that were
 * read.
 */
const bufferShare = 0.4;
const writeBufferBytesMin = 2 * 1_024 * 1_024;
const writeBufferBytesMax = 16 * 1_024 * 1_024;
/** A look for a key unpacks one. Packed, a large state has half as many tables, of which more are open. */
const blockBytes = 2_048;
/**
 * Tables are mapped into memory while they are open, which counts as memory of the process: so many that they are 512 MiB in all, and ten for other files. Each one more spares a
 * large state the opening of one; smaller ones would be many, and slow to compact.
 */
const fileBytes = 4 * 1_024 * 1_024;
const openFilesMax = 138;

/** Removes a folder and all in it; one that is not there is removed. */
export const removed = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

/** One database. Keys are written as UTF-8, which keeps the order of code units up to 0xff. */
export class LevelStore implements KeyValueStore {
  private readonly level: Level | null;
  private readonly opening: Promise<void>;
  private written: Promise<null> = Promise.resolve(null);
  private closed = false;

  constructor(
    open: OpenLevel,
    private readonly place: LevelPlace,
    opened: StoreDone<null>,
  ) {
    if (open.kind === 'unavailable') {
      this.level = null;
      const why = `classic-level, which keeps state on disk, has no build that runs here: ${textOf(open.error)}`;
      this.opening = Promise.resolve();
      this.settle(Promise.reject(new Error(why)), opened);
      return;
    }
    const share = Math.floor(place.cacheBytes * bufferShare);
    const writeBufferSize = Math.min(writeBufferBytesMax, Math.max(writeBufferBytesMin, share));
    const cacheSize = Math.max(writeBufferBytesMin, place.cacheBytes - 2 * writeBufferSize);
    this.level = open.create(place.location, {
      keyEncoding: 'utf8',
      valueEncoding: 'view',
      cacheSize,
      blockSize: blockBytes,
      maxOpenFiles: openFilesMax,
      writeBufferSize,
      maxFileSize: fileBytes,
    });
    this.opening = this.level.open();
    this.settle(
      this.opening.then(() => null),
      opened,
    );
  }

  get(key: StoreKey): Uint8Array | undefined {
    try {
      return this.open.getSync(key);
    } catch (error) {
      throw new StoreError(this.failed(error));
    }
  }

  write(writes: readonly StoreWrite[], done: StoreDone<null>): void {
    const batch = this.open.batch();
    for (const [key, value] of writes) {
      if (value === null) batch.del(key);
      else batch.put(key, value);
    }
    // Threads of the process would write two batches in any order.
    this.written = this.written.then(() => batch.write()).then(() => null);
    this.settle(this.written, done);
  }

  snapshot(): KeyValueSnapshot {
    const level = this.open;
    const snapshot = level.snapshot();
    const scans = new Set<StoreScan>();
    return {
      getMany: (keys, done) => this.settle(level.getMany([...keys], { snapshot, fillCache: false }), done),
      scan: (from, to) => {
        const iterator = level.iterator({ gte: from, lt: to, snapshot, fillCache: false, ...pages });
        const scan = this.scan(iterator, () => scans.delete(scan));
        scans.add(scan);
        return scan;
      },
      release: () => {
        // One that stays open when its thread ends takes the process down.
        for (const scan of scans) scan.close();
        this.finish(closeOf(snapshot));
      },
    };
  }

  clear(from: StoreKey, to: StoreKey, done: StoreDone<null>): void {
    this.settle(
      this.open.clear({ gte: from, lt: to }).then(() => null),
      done,
    );
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    const { level, place } = this;
    // A database that could not be opened has told so.
    const ended = this.opening.then(
      () => level?.close(),
      () => undefined,
    );
    this.finish(ended.then(() => removed(place.location)));
  }

  private get open(): Level {
    if (this.level === null || this.closed) throw new TypeError(`the store in ${this.place.location} is not open`);
    return this.level;
  }

  private scan(iterator: Iterator<Level, string, Uint8Array>, closed: () => void): StoreScan {
    return {
      next: (entriesMax, done) => this.settle<readonly StoreEntry[]>(iterator.nextv(entriesMax), done),
      close: () => {
        closed();
        this.finish(iterator.close());
      },
    };
  }

  private settle<T>(promise: Promise<T>, done: StoreDone<T>): void {
    promise.then(
      (value) => {
        if (!this.closed) done({ ok: true, value });
      },
      (error: unknown) => {
        if (!this.closed) done({ ok: false, failure: this.failed(error) });
      },
    );
  }

  /** For what nobody waits for. What fails in it is a folder or a lock that the next start of the process sweeps away. */
  private finish(promise: Promise<unknown>): void {
    promise.then(undefined, () => undefined);
  }

  private failed(error: unknown): Failure {
    const text = textOf(error);
    const what = `State on disk in ${this.place.location} failed: ${text}.`;
    // A restart meets the same folder; room on a disk may be made meanwhile.
    if (unusable.test(text)) {
      const advice = 'Let this process write there, or give its task manager another folder (--state-dir).';
      return failure('STORE_UNWRITABLE', 'infrastructure', `${what} ${advice}`, 'never');
    }
    const code = full.test(text) ? 'STORE_FULL' : 'STORE_FAILED';
    return failure(code, 'infrastructure', `${what} Look at that folder and the room on its disk.`);
  }
}

const unusable = /\b(EACCES|EPERM|EROFS|ENOTDIR|Permission denied|Read-only file system|Not a directory)\b/;
const full = /\b(ENOSPC|EDQUOT|No space left on device|Disk quota exceeded)\b/;

const pages = { highWaterMarkBytes: 256 * 1_024 };

const closeOf = (snapshot: LevelSnapshot): Promise<void> => snapshot.close();

/** An error of a database says little; what it was caused by says why. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
