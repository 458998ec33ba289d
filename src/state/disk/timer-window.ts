import { TimeHeap } from '../heap/time-heap.js';

/** A timer as it waits: whose it is, and when it was set among all others. */
export interface WaitingTimer {
  readonly key: unknown;
  readonly time: number;
  readonly namespace: unknown;
  /** Grows with each timer that is set. */
  readonly sequence: number;
}

/** Timers of one moment in the order in which they were set; null in place of those that were removed. */
interface Moment {
  timers: (WaitingTimer | null)[];
  sequences: number[];
  next: number;
  removed: number;
}

const removedMin = 32;

/** The soonest timers, by time and then in the order in which they were set. Those of one moment are added in that order. */
export class TimerWindow {
  size = 0;
  private readonly moments = new Map<number, Moment>();
  private times = new TimeHeap();

  add(timer: WaitingTimer): void {
    const { time } = timer;
    this.size += 1;
    const moment = this.moments.get(time);
    if (moment === undefined) {
      this.moments.set(time, { timers: [timer], sequences: [timer.sequence], next: 0, removed: 0 });
      this.times.add(time);
      return;
    }
    moment.timers.push(timer);
    moment.sequences.push(timer.sequence);
  }

  remove(time: number, sequence: number): void {
    const moment = this.moments.get(time);
    const at = moment === undefined ? -1 : indexOf(moment.sequences, sequence);
    if (moment === undefined || at < moment.next || moment.timers[at] === null) return;
    moment.timers[at] = null;
    moment.removed += 1;
    this.size -= 1;
    if (moment.removed > removedMin && moment.removed * 2 > moment.timers.length - moment.next) compact(moment);
  }

  /** Infinite when there is none. */
  earliest(): number {
    for (;;) {
      const time = this.times.first();
      if (time === Number.POSITIVE_INFINITY || isWaiting(this.moments.get(time) as Moment)) return time;
      this.times.takeFirst();
      this.moments.delete(time);
    }
  }

  /** The earliest, which there must be. */
  takeFirst(): WaitingTimer {
    const moment = this.moments.get(this.earliest()) as Moment;
    const timer = moment.timers[moment.next] as WaitingTimer;
    moment.next += 1;
    this.size -= 1;
    return timer;
  }

  /** Takes out all but the soonest `keptMax`, in their order. */
  takeLatest(keptMax: number): readonly WaitingTimer[] {
    const latest: WaitingTimer[] = [];
    const times = [...this.moments.keys()].sort((a, b) => a - b);
    this.times = new TimeHeap();
    let kept = 0;
    for (const time of times) {
      const moment = this.moments.get(time) as Moment;
      compact(moment);
      const room = keptMax - kept;
      if (moment.timers.length > room) {
        latest.push(...(moment.timers.splice(room) as WaitingTimer[]));
        moment.sequences.length = moment.timers.length;
      }
      kept += moment.timers.length;
      if (moment.timers.length === 0) this.moments.delete(time);
      else this.times.add(time);
    }
    this.size = kept;
    return latest;
  }
}

function isWaiting(moment: Moment): boolean {
  for (; moment.next < moment.timers.length; moment.next += 1) {
    if (moment.timers[moment.next] !== null) return true;
    moment.removed -= 1;
  }
  return false;
}

function compact(moment: Moment): void {
  moment.timers = moment.timers.slice(moment.next).filter((timer) => timer !== null);
  moment.sequences = moment.timers.map((timer) => (timer as WaitingTimer).sequence);
  moment.next = 0;
  moment.removed = 0;
}

/** In what is sorted; below zero where it is not. */
function indexOf(sequences: readonly number[], sequence: number): number {
  let low = 0;
  let high = sequences.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const there = sequences[middle] as number;
    if (there === sequence) return middle;
    if (there < sequence) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
