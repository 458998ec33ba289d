import { StateFailure } from '../state-failure.js';
import type { DueTimer, TimerQueue } from '../timers.js';
import type { Admission } from './admission.js';
import type { Cursor } from './cursor.js';
import type { Entry } from './key-group.js';
import { type HeapTimer, KeyTimers } from './key-timers.js';
import { TimeHeap } from './time-heap.js';

/** The timers of one moment, in the order in which they were set. Removed ones stay until they are passed or outnumber the others. */
interface Moment {
  timers: HeapTimer[];
  next: number;
  removed: number;
}

const removedMin = 32;

/**
 * The slot of an entry holds the timers of its key, which is what a snapshot writes. Beside it they wait by moment: setting one for a moment that others
 * wait for costs no search, and windows of many keys end at few moments.
 */
export class HeapTimers implements TimerQueue<unknown> {
  private readonly moments = new Map<number, Moment>();
  private readonly times = new TimeHeap();

  constructor(
    private readonly cursor: Cursor,
    private readonly slot: number,
    private readonly admission: Admission,
  ) {}

  set(time: number, namespace: unknown): void {
    if (!Number.isFinite(time)) refuseTime(time);
    const known = this.ofKey();
    if (known?.find(time, namespace) !== undefined) return;
    this.admission.admit(namespace);
    const timers = known ?? new KeyTimers();
    this.cursor.write(this.slot, timers, false);
    const { key, group, entry } = this.cursor.place();
    const timer: HeapTimer = { key, group, entry, time, namespace, at: 0 };
    timers.add(timer);
    this.wait(timer);
    if (this.cursor.notes) this.cursor.note(() => this.remove(time, namespace));
  }

  remove(time: number, namespace: unknown): void {
    const timer = this.ofKey()?.find(time, namespace);
    if (timer === undefined) return;
    this.drop(timer);
    if (this.cursor.notes) this.cursor.note(() => this.set(time, namespace));
    const moment = this.moments.get(time) as Moment;
    moment.removed += 1;
    if (moment.removed > removedMin && moment.removed * 2 > moment.timers.length - moment.next) compact(moment);
  }

  earliest(): number {
    for (;;) {
      const time = this.times.first();
      if (time === Number.POSITIVE_INFINITY || this.firstOf(time) !== undefined) return time;
      this.times.takeFirst();
      this.moments.delete(time);
    }
  }

  take(through: number): DueTimer<unknown> | null {
    const time = this.earliest();
    if (time > through) return null;
    const moment = this.moments.get(time);
    if (moment === undefined) return null;
    const timer = moment.timers[moment.next] as HeapTimer;
    moment.next += 1;
    this.cursor.moveBack(timer);
    this.drop(timer);
    return timer;
  }

  hasAll(): boolean {
    return true;
  }

  /** Waits for the timers of an entry that was restored. */
  restored(entry: Entry): void {
    for (const timer of (entry.get(this.slot) as KeyTimers | undefined)?.list ?? []) this.wait(timer);
  }

  private ofKey(): KeyTimers | undefined {
    return this.cursor.read(this.slot) as KeyTimers | undefined;
  }

  private wait(timer: HeapTimer): void {
    const moment = this.moments.get(timer.time);
    if (moment !== undefined) moment.timers.push(timer);
    else {
      this.moments.set(timer.time, { timers: [timer], next: 0, removed: 0 });
      this.times.add(timer.time);
    }
  }

  /** The key must be the current one. */
  private drop(timer: HeapTimer): void {
    const timers = this.ofKey() as KeyTimers;
    this.cursor.changing(this.slot);
    timers.drop(timer);
    if (timers.list.length === 0) this.cursor.empty(this.slot, false);
  }

  /** The next timer of a moment that is still set. */
  private firstOf(time: number): HeapTimer | undefined {
    const moment = this.moments.get(time) as Moment;
    for (; moment.next < moment.timers.length; moment.next += 1) {
      const timer = moment.timers[moment.next] as HeapTimer;
      if (timer.at >= 0) return timer;
      moment.removed -= 1;
    }
    return undefined;
  }
}

function compact(moment: Moment): void {
  moment.timers = moment.timers.slice(moment.next).filter(({ at }) => at >= 0);
  moment.next = 0;
  moment.removed = 0;
}

export function refuseTime(time: number): never {
  throw new StateFailure(
    'TIMER_INVALID',
    'user',
    `a timer was set for ${time}; its time is a finite number of milliseconds`,
  );
}
