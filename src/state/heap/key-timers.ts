import { compositeKeyText } from '../canonical-key.js';
import type { Entry, KeyGroup } from './key-group.js';

/** One timer, in the list of its key and in the queue of its moment. */
export interface HeapTimer {
  readonly key: unknown;
  readonly group: KeyGroup;
  readonly entry: Entry;
  readonly time: number;
  readonly namespace: unknown;
  /** Its position in the list of its key; below zero once it is taken or removed. */
  at: number;
}

/** Up to so many timers of a key are looked through; most keys have one or two. */
const searchedMax = 16;

/** All timers of one key, each once. */
export class KeyTimers {
  readonly list: HeapTimer[] = [];
  private byTime: Map<number, HeapTimer[]> | null = null;

  find(time: number, namespace: unknown): HeapTimer | undefined {
    const among = this.byTime === null ? this.list : this.byTime.get(time);
    if (among === undefined) return undefined;
    for (const timer of among) if (timer.time === time && sameNamespace(timer.namespace, namespace)) return timer;
    return undefined;
  }

  add(timer: HeapTimer): void {
    timer.at = this.list.length;
    this.list.push(timer);
    if (this.byTime !== null) this.index(timer);
    else if (this.list.length > searchedMax) {
      this.byTime = new Map();
      for (const each of this.list) this.index(each);
    }
  }

  drop(timer: HeapTimer): void {
    const last = this.list.pop() as HeapTimer;
    if (last !== timer) {
      this.list[timer.at] = last;
      last.at = timer.at;
    }
    timer.at = -1;
    if (this.byTime === null) return;
    const rest = (this.byTime.get(timer.time) as HeapTimer[]).filter((each) => each !== timer);
    if (rest.length === 0) this.byTime.delete(timer.time);
    else this.byTime.set(timer.time, rest);
  }

  private index(timer: HeapTimer): void {
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
