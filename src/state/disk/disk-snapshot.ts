import type {
  KeyValueSnapshot,
  KeyValueStore,
  StoreKey,
  StoreResult,
  StoreScan,
} from '../../ports/key-value-engine.js';
import type { KeyGroupPart, StateProgress, StateSnapshot } from '../state-snapshot.js';
import type { DiskGroup } from './disk-entry.js';
import type { EntryCache } from './entry-cache.js';
import type { GroupWriter, OpenGroup } from './group-writer.js';

/** What is to be written of one group. */
export interface GroupPlan {
  readonly group: DiskGroup;
  readonly watermark: number;
  /** The keys that changed since the base, by their keys in the store; null for all that there is. */
  readonly changes: ReadonlyMap<StoreKey, unknown> | null;
}

export interface DiskSnapshotSetting {
  readonly store: KeyValueStore;
  readonly cache: EntryCache;
  readonly writer: GroupWriter;
  wake(): void;
  settled<T>(result: StoreResult<T>, use: (value: T) => void): void;
  /** Throws what the store could not do. */
  check(): void;
  /** Called once, when it is done or cancelled. */
  over(): void;
}

/** A record, or none any more, by its key in the store. */
export type ReadRecord = readonly [storeKey: StoreKey, bytes: Uint8Array | undefined];

const pageMax = 1_000;

/**
 * First what was dirty at the moment is put out, then it reaches the store with all from before it; a snapshot of the store is then the state of the moment, and is
 * read in pages while the store goes on.
 */
export class DiskSnapshot implements StateSnapshot {
  readonly changed: KeyGroupPart[] = [];
  private phase: 'capturing' | 'waiting' | 'reading' | 'over' = 'capturing';
  private view: KeyValueSnapshot | null = null;
  private next = 0;
  private pages: GroupPages | null = null;
  private open: OpenGroup | null = null;
  private inCall = false;

  constructor(
    private readonly plans: readonly GroupPlan[],
    readonly unchanged: readonly number[],
    private readonly setting: DiskSnapshotSetting,
  ) {
    setting.cache.freezeDirty();
  }

  advance(entriesMax: number): StateProgress {
    this.setting.check();
    this.inCall = true;
    try {
      return this.phase === 'capturing' ? this.capture(entriesMax) : this.read(entriesMax);
    } finally {
      this.inCall = false;
    }
  }

  cancel(): void {
    if (this.phase === 'over') return;
    if (this.phase === 'capturing') this.setting.cache.cancelFreeze();
    this.end();
  }

  private capture(entriesMax: number): StateProgress {
    this.phase = 'waiting';
    if (this.setting.cache.captureSome(entriesMax, () => this.reached())) return this.read(entriesMax);
    this.phase = 'capturing';
    return 'progress';
  }

  private reached(): void {
    if (this.phase !== 'waiting') return;
    this.phase = 'reading';
    this.view = this.setting.store.snapshot();
    this.wake();
  }

  private read(entriesMax: number): StateProgress {
    if (this.phase === 'over') return 'done';
    const { view, plans, setting } = this;
    if (this.phase !== 'reading' || view === null) return 'blocked';
    for (let left = entriesMax; left > 0; ) {
      const plan = plans[this.next];
      if (plan === undefined) {
        this.end();
        return 'done';
      }
      this.open ??= setting.writer.open(plan, view, () => this.wake());
      this.pages ??= new GroupPages(plan, view, (result, use) =>
        setting.settled(result, (value) => {
          if (this.phase === 'over') return;
          use(value as never);
          this.wake();
        }),
      );
      if (this.open.waits()) return 'blocked';
      if (!this.pages.isOver) {
        const taken = this.pages.take(this.open, left);
        if (taken === 'blocked') return 'blocked';
        left -= taken;
        continue;
      }
      const part = this.open.finished();
      if (part !== null) this.changed.push(part);
      this.pages.close();
      this.pages = null;
      this.open = null;
      this.next += 1;
    }
    return 'progress';
  }

  private wake(): void {
    if (!this.inCall) this.setting.wake();
  }

  private end(): void {
    this.phase = 'over';
    this.pages?.close();
    this.pages = null;
    this.open?.close();
    this.open = null;
    this.view?.release();
    this.view = null;
    this.setting.over();
  }
}

type Settle = <T>(result: StoreResult<T>, use: (value: T) => void) => void;

/** The records of one group, page by page; the next page is on its way while one is written. */
class GroupPages {
  isOver = false;
  private page: readonly ReadRecord[] | null = null;
  private at = 0;
  private ahead: readonly ReadRecord[] | null = null;
  private isLast = false;
  private isAsked = false;
  private readonly keys: readonly StoreKey[] | null;
  private asked = 0;
  private scan: StoreScan | null = null;

  constructor(
    { group, changes }: GroupPlan,
    private readonly view: KeyValueSnapshot,
    private readonly settle: Settle,
  ) {
    this.keys = changes === null ? null : [...changes.keys()];
    if (changes === null) this.scan = view.scan(group.prefix, groupEnd(group.prefix));
    this.ask();
  }

  /** Hands on up to so many, and returns how many. */
  take(open: OpenGroup, entriesMax: number): number | 'blocked' {
    if (this.page === null) {
      if (this.ahead === null) return 'blocked';
      this.page = this.ahead;
      this.ahead = null;
      this.at = 0;
      if (!this.isLast) this.ask();
    }
    let taken = 0;
    while (taken < entriesMax && this.at < this.page.length && !open.waits()) {
      open.add(this.page[this.at] as ReadRecord);
      this.at += 1;
      taken += 1;
    }
    if (this.at === this.page.length) {
      this.page = null;
      if (this.isLast && this.ahead === null && !this.isAsked) this.isOver = true;
    }
    // An empty page costs a step too, or the caller would never come to its end.
    return Math.max(taken, 1);
  }

  close(): void {
    this.scan?.close();
    this.scan = null;
  }

  private ask(): void {
    this.isAsked = true;
    if (this.scan !== null) {
      this.scan.next(pageMax, (result) =>
        this.settle(result, (entries) => this.arrived(entries, entries.length === 0)),
      );
      return;
    }
    const keys = (this.keys as readonly StoreKey[]).slice(this.asked, this.asked + pageMax);
    this.asked += keys.length;
    const isLast = this.asked >= (this.keys as readonly StoreKey[]).length;
    this.view.getMany(keys, (result) =>
      this.settle(result, (values) =>
        this.arrived(
          keys.map((key, index) => [key, values[index]]),
          isLast,
        ),
      ),
    );
  }

  private arrived(records: readonly ReadRecord[], isLast: boolean): void {
    this.isAsked = false;
    this.isLast = isLast;
    this.ahead = records;
  }
}

/** Behind the last key with that beginning. */
const groupEnd = (prefix: StoreKey): StoreKey => `${prefix}\u0100`;
