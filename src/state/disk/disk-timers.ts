import type { KeyValueStore, StoreEntry, StoreResult } from '../../ports/key-value-engine.js';
import type { Admission } from '../heap/admission.js';
import { refuseTime } from '../heap/heap-timers.js';
import type { DueTimer, TimerQueue } from '../timers.js';
import { ValueReader } from '../value-reader.js';
import { ValueWriter } from '../value-writer.js';
import type { DiskCursor } from './disk-cursor.js';
import type { DiskEntry } from './disk-entry.js';
import { DiskKeyTimers, type DiskTimer } from './disk-key-timers.js';
import { justAfter, timerKey, timerOfKey, timersEnd } from './store-keys.js';
import { TimerWindow, type WaitingTimer } from './timer-window.js';
import type { WriteBehind } from './write-behind.js';

export interface DiskTimersSetting {
  readonly store: KeyValueStore;
  readonly writes: WriteBehind;
  /** So many timers are in memory at most, but for what is set while others are read. */
  readonly windowMax: number;
  wake(): void;
  /** Throws what the store could not do. */
  check(): void;
  /** What the store could not do ends the attempt. */
  settled<T>(result: StoreResult<T>, use: (value: T) => void): void;
}

/** Reading the next timers from the store. */
interface Refill {
  /** Set since it began, beyond what was in memory then, and not removed. */
  readonly set: Map<number, WaitingTimer>;
  /** Removed since it began: it may read them all the same. */
  readonly removed: Set<number>;
}

/**
 * The slot of an entry holds the timers of its key, which is what a snapshot writes. Beside it the soonest wait in memory, and the others in the store in the order
 * in which they are due. The horizon parts them: everything up to it is in memory, everything beyond it in the store. When few are left in memory, the next are read
 * from the horizon on, never from the start, where what was taken out long ago would be passed over.
 */
export class DiskTimers implements TimerQueue<unknown> {
  private readonly window = new TimerWindow();
  private readonly writer = new ValueWriter();
  private newest = 0;
  private horizonTime = Number.POSITIVE_INFINITY;
  private horizonSequence = 0;
  /** How many timers are beyond the horizon. */
  private beyond = 0;
  private refill: Refill | null = null;

  constructor(
    private readonly cursor: DiskCursor,
    private readonly slot: number,
    private readonly admission: Admission,
    private readonly setting: DiskTimersSetting,
  ) {}

  set(time: number, namespace: unknown): void {
    if (!Number.isFinite(time)) refuseTime(time);
    const known = this.ofKey();
    if (known?.find(time, namespace) !== undefined) return;
    this.admission.admit(namespace);
    const timers = known ?? new DiskKeyTimers();
    const timer: DiskTimer = { time, namespace, sequence: 0, at: 0 };
    if (known !== undefined) this.cursor.changing();
    timers.add(timer);
    if (known === undefined) this.cursor.write(this.slot, timers, false);
    this.place(timer, this.cursor.currentKey());
    if (this.cursor.notes) this.cursor.note(() => this.remove(time, namespace));
  }

  remove(time: number, namespace: unknown): void {
    const timers = this.ofKey();
    const timer = timers?.find(time, namespace);
    if (timers === undefined || timer === undefined) return;
    this.drop(timers, timer);
    const { sequence } = timer;
    if (!this.isBeyond(time, sequence)) this.window.remove(time, sequence);
    else this.takeOut(time, sequence);
    if (this.cursor.notes) this.cursor.note(() => this.set(time, namespace));
  }

  earliest(): number {
    const earliest = this.window.earliest();
    return earliest === Number.POSITIVE_INFINITY && this.beyond > 0 ? this.horizonTime : earliest;
  }

  take(through: number): DueTimer<unknown> | null {
    this.refillIfLow();
    if (this.window.earliest() > through) return null;
    const { key, time, namespace } = this.window.takeFirst();
    this.cursor.moveTo(key);
    const timers = this.ofKey() as DiskKeyTimers;
    this.drop(timers, timers.find(time, namespace) as DiskTimer);
    return { key, time, namespace };
  }

  hasAll(through: number): boolean {
    this.setting.check();
    return this.beyond === 0 || this.horizonTime > through || this.window.earliest() <= through;
  }

  /** The timers of a restored entry begin to wait. */
  restored(entry: DiskEntry): void {
    const timers = entry.get(this.slot) as DiskKeyTimers | undefined;
    if (timers === undefined) return;
    for (const timer of timers.list) {
      if (!Number.isFinite(timer.time)) refuseTime(timer.time);
      this.place(timer, entry.key);
    }
  }

  private ofKey(): DiskKeyTimers | undefined {
    return this.cursor.read(this.slot) as DiskKeyTimers | undefined;
  }

  private drop(timers: DiskKeyTimers, timer: DiskTimer): void {
    this.cursor.changing();
    timers.drop(timer);
    if (timers.list.length === 0) this.cursor.empty(this.slot, false);
  }

  private place(timer: DiskTimer, key: unknown): void {
    this.newest += 1;
    timer.sequence = this.newest;
    const { time, namespace, sequence } = timer;
    const waiting = { key, time, namespace, sequence };
    if (this.isBeyond(time, sequence)) {
      this.putBeyond(waiting);
      this.refill?.set.set(sequence, waiting);
      return;
    }
    this.window.add(waiting);
    // While the next are read, the horizon stays where it is.
    if (this.window.size > this.setting.windowMax && this.refill === null) this.spill();
  }

  private isBeyond(time: number, sequence: number): boolean {
    return time > this.horizonTime || (time === this.horizonTime && sequence > this.horizonSequence);
  }

  private putBeyond({ key, time, namespace, sequence }: WaitingTimer): void {
    this.writer.clear();
    this.writer.write(key);
    this.writer.write(namespace);
    this.setting.writes.put(timerKey(this.slot, time, sequence), this.writer.copy());
    this.beyond += 1;
  }

  private takeOut(time: number, sequence: number): void {
    this.setting.writes.put(timerKey(this.slot, time, sequence), null);
    this.beyond -= 1;
    if (this.refill === null) return;
    this.refill.set.delete(sequence);
    this.refill.removed.add(sequence);
  }

  /** The later half goes to the store. */
  private spill(): void {
    const latest = this.window.takeLatest(this.setting.windowMax >> 1);
    for (const timer of latest) this.putBeyond(timer);
    const [{ time, sequence }] = latest as readonly [WaitingTimer];
    // Just before the first that went.
    this.horizonTime = time;
    this.horizonSequence = sequence - 1;
  }

  private refillIfLow(): void {
    const { windowMax, store, writes, settled } = this.setting;
    if (this.refill !== null || this.beyond === 0 || this.window.size > windowMax >> 2) return;
    this.refill = { set: new Map(), removed: new Set() };
    const from = justAfter(timerKey(this.slot, this.horizonTime, this.horizonSequence));
    const wanted = windowMax >> 1;
    // What is beyond is in the store when all that was put out until now is.
    writes.fixMoment().complete(() => {
      const snapshot = store.snapshot();
      const scan = snapshot.scan(from, timersEnd(this.slot));
      scan.next(wanted, (result) => {
        scan.close();
        snapshot.release();
        settled(result, (entries) => this.install(entries, entries.length < wanted));
      });
    });
  }

  /** What was read, in order; `isAll`: nothing is behind it but what was set since. */
  private install(entries: readonly StoreEntry[], isAll: boolean): void {
    const { set, removed } = this.refill as Refill;
    this.refill = null;
    for (const [storeKey, bytes] of entries) {
      const { time, sequence } = timerOfKey(storeKey);
      this.horizonTime = time;
      this.horizonSequence = sequence;
      if (removed.has(sequence)) continue;
      const reader = new ValueReader(bytes);
      this.toWindow({ key: reader.read(), namespace: reader.read(), time, sequence });
    }
    if (isAll) {
      this.horizonTime = Number.POSITIVE_INFINITY;
      this.horizonSequence = 0;
    }
    for (const timer of set.values()) if (!this.isBeyond(timer.time, timer.sequence)) this.toWindow(timer);
    if (this.window.size > this.setting.windowMax) this.spill();
    this.setting.wake();
  }

  private toWindow(timer: WaitingTimer): void {
    this.window.add(timer);
    this.setting.writes.put(timerKey(this.slot, timer.time, timer.sequence), null);
    this.beyond -= 1;
  }
}
