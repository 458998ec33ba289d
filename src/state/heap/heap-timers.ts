import { StateFailure } from '../state-failure.js';
import type { DueTimer, TimerQueue } from '../timers.js';
import type { Admission } from './admission.js';
import type { Cursor } from './cursor.js';
import type { Entry } from './key-group.js';
import { KeyTimers } from './key-timers.js';
import { TimeHeap } from './time-heap.js';

/**
 * The timers of one moment, in the order in which they were set: whose they are, and what for. One that is taken back stays here until it is passed, or
 * until such ones outnumber the others: its key knows whether it is set, and one that is set again may have its place back.
 */
interface Moment {
  owners: KeyTimers[];
  namespaces: unknown[];
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
  /** The one that timers were set for last: often the next one is for it too. */
  private recent: { readonly time: number; readonly moment: Moment } | null = null;

  constructor(
    private readonly cursor: Cursor,
    private readonly slot: number,
    private readonly admission: Admission,
  ) {}

  set(time: number, namespace: unknown): void {
    if (!Number.isFinite(time)) refuseTime(time);
    let timers = this.ofKey();
    if (timers === undefined) {
      this.admission.admit(namespace);
      timers = new KeyTimers();
      this.cursor.write(this.slot, timers, false);
      timers.at(this.cursor.place());
    } else {
      if (timers.has(time, namespace)) return;
      this.admission.admit(namespace);
      this.cursor.changing(this.slot);
    }
    timers.add(time, namespace);
    this.wait(timers, time, namespace);
    if (this.cursor.notes) this.cursor.note(() => this.remove(time, namespace));
  }

  remove(time: number, namespace: unknown): void {
    const timers = this.ofKey();
    if (timers === undefined || !timers.has(time, namespace)) return;
    this.drop(timers, time, namespace);
    if (this.cursor.notes) this.cursor.note(() => this.set(time, namespace));
    const moment = this.moments.get(time) as Moment;
    moment.removed += 1;
    if (moment.removed > removedMin && moment.removed * 2 > moment.owners.length - moment.next) compact(moment, time);
  }

  earliest(): number {
    for (;;) {
      const time = this.times.first();
      const moment = this.moments.get(time);
      if (moment === undefined) return time;
      for (; moment.next < moment.owners.length; moment.next += 1) {
        if (ownerAt(moment.owners, moment.next).has(time, moment.namespaces[moment.next])) return time;
      }
      this.passed(time);
    }
  }

  take(through: number): DueTimer<unknown> | null {
    for (;;) {
      const time = this.times.first();
      const moment = this.moments.get(time);
      if (time > through || moment === undefined) return null;
      while (moment.next < moment.owners.length) {
        const owner = ownerAt(moment.owners, moment.next);
        const namespace = moment.namespaces[moment.next];
        moment.next += 1;
        if (!owner.has(time, namespace)) continue;
        this.cursor.moveBack(owner);
        this.drop(owner, time, namespace);
        return { key: owner.key, time, namespace };
      }
      this.passed(time);
    }
  }

  hasAll(): boolean {
    return true;
  }

  /** Waits for the timers of an entry that was restored. */
  restored(entry: Entry): void {
    const timers = entry.get(this.slot) as KeyTimers | undefined;
    for (const { time, namespace } of timers?.list ?? []) this.wait(timers as KeyTimers, time, namespace);
  }

  private ofKey(): KeyTimers | undefined {
    return this.cursor.read(this.slot) as KeyTimers | undefined;
  }

  private wait(timers: KeyTimers, time: number, namespace: unknown): void {
    const moment = this.recent?.time === time ? this.recent.moment : this.momentAt(time);
    moment.owners.push(timers);
    moment.namespaces.push(namespace);
  }

  private momentAt(time: number): Moment {
    let moment = this.moments.get(time);
    if (moment === undefined) {
      moment = { owners: [], namespaces: [], next: 0, removed: 0 };
      this.moments.set(time, moment);
      this.times.add(time);
    }
    this.recent = { time, moment };
    return moment;
  }

  /** The key must be the current one. */
  private drop(timers: KeyTimers, time: number, namespace: unknown): void {
    this.cursor.changing(this.slot);
    timers.drop(time, namespace);
    if (timers.isEmpty) this.cursor.empty(this.slot, false);
  }

  private passed(time: number): void {
    this.times.takeFirst();
    this.moments.delete(time);
    if (this.recent?.time === time) this.recent = null;
  }
}

const ownerAt = (owners: readonly KeyTimers[], at: number): KeyTimers => owners[at] as KeyTimers;

function compact(moment: Moment, time: number): void {
  const { owners, namespaces, next } = moment;
  const isSet = (_: unknown, at: number): boolean => at >= next && ownerAt(owners, at).has(time, namespaces[at]);
  moment.owners = owners.filter(isSet);
  moment.namespaces = namespaces.filter(isSet);
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
