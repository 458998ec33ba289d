import { compositeKeyText } from '../canonical-key.js';

/** A timer in the list of its key. */
export interface DiskTimer {
  readonly time: number;
  readonly namespace: unknown;
  /** Its position in the list of its key; below zero once it is taken or removed. */
  at: number;
  /** Grows with each timer that is set. */
  sequence: number;
}

/** Up to so many timers of a key are looked through; most keys have one or two. */
const searchedMax = 16;

/** All timers of one key, each once. */
export class DiskKeyTimers {
  readonly list: DiskTimer[] = [];
  private byTime: Map<number, DiskTimer[]> | null = null;

  find(time: number, namespace: unknown): DiskTimer | undefined {
    const among = this.byTime === null ? this.list : this.byTime.get(time);
    if (among === undefined) return undefined;
    for (const timer of among) if (timer.time === time && sameNamespace(timer.namespace, namespace)) return timer;
    return undefined;
  }

  add(timer: DiskTimer): void {
    timer.at = this.list.length;
    this.list.push(timer);
    if (this.byTime !== null) this.index(timer);
    else if (this.list.length > searchedMax) {
      this.byTime = new Map();
      for (const each of this.list) this.index(each);
    }
  }

  drop(timer: DiskTimer): void {
    const last = this.list.pop() as DiskTimer;
    if (last !== timer) {
      this.list[timer.at] = last;
      last.at = timer.at;
    }
    timer.at = -1;
    if (this.byTime === null) return;
    const rest = (this.byTime.get(timer.time) as DiskTimer[]).filter((each) => each !== timer);
    if (rest.length === 0) this.byTime.delete(timer.time);
    else this.byTime.set(timer.time, rest);
  }

  private index(timer: DiskTimer): void {
    const others = this.byTime?.get(timer.time);
    if (others === undefined) this.byTime?.set(timer.time, [timer]);
    else others.push(timer);
  }
}

function sameNamespace(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return compositeKeyText(a) === compositeKeyText(b);
}
