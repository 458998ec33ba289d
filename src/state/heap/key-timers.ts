import { compositeKeyText } from '../canonical-key.js';
import type { Entry, KeyGroup } from './key-group.js';

/** Whose content it is. */
export interface TimerPlace {
  readonly key: unknown;
  readonly group: KeyGroup;
  readonly entry: Entry;
}

/** Up to so many timers of a key are looked through; most keys have one or two. */
const searchedMax = 16;

/**
 * All timers of one key, each once. Few stand in a row, time and namespace in turn: a timer then costs no object, and
 * two of them no more room than they need. Many stand by time.
 */
export class KeyTimers {
  /** Where the key is; known once a timer is here. */
  key: unknown = undefined;
  group!: KeyGroup;
  entry!: Entry;
  private row: unknown[] = [];
  private byTime: Map<number, unknown[]> | null = null;
  private count = 0;

  at({ key, group, entry }: TimerPlace): void {
    this.key = key;
    this.group = group;
    this.entry = entry;
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** As a snapshot writes them. */
  get list(): readonly { readonly time: number; readonly namespace: unknown }[] {
    const { row, byTime } = this;
    if (byTime !== null) {
      return [...byTime].flatMap(([time, namespaces]) => namespaces.map((namespace) => ({ time, namespace })));
    }
    return Array.from({ length: this.count }, (_, at) => ({ time: row[2 * at] as number, namespace: row[2 * at + 1] }));
  }

  has(time: number, namespace: unknown): boolean {
    if (this.byTime === null) return this.find(time, namespace) >= 0;
    return placeOf(namespace, this.byTime.get(time)) >= 0;
  }

  /** One that is not here. */
  add(time: number, namespace: unknown): void {
    this.count += 1;
    if (this.byTime !== null) addTo(this.byTime, time, namespace);
    else if (this.count > searchedMax) {
      this.byTime = new Map();
      for (let at = 0; at < this.row.length; at += 2) addTo(this.byTime, this.row[at] as number, this.row[at + 1]);
      addTo(this.byTime, time, namespace);
      this.row = [];
    } else if (this.count === 1) this.row = [time, namespace];
    else if (this.count === 2) this.row = [this.row[0], this.row[1], time, namespace];
    else this.row.push(time, namespace);
  }

  /** False when there is none. */
  drop(time: number, namespace: unknown): boolean {
    const { row, byTime } = this;
    if (byTime !== null) return this.dropFrom(byTime, time, namespace);
    const at = this.find(time, namespace);
    if (at < 0) return false;
    const lastNamespace = row.pop();
    const lastTime = row.pop();
    if (at < row.length) {
      row[at] = lastTime;
      row[at + 1] = lastNamespace;
    }
    this.count -= 1;
    return true;
  }

  /** The place of its time in the row; below zero when it is not there. */
  private find(time: number, namespace: unknown): number {
    const { row } = this;
    for (let at = 0; at < row.length; at += 2) if (row[at] === time && isSame(row[at + 1], namespace)) return at;
    return -1;
  }

  private dropFrom(byTime: Map<number, unknown[]>, time: number, namespace: unknown): boolean {
    const namespaces = byTime.get(time);
    const at = placeOf(namespace, namespaces);
    if (namespaces === undefined || at < 0) return false;
    if (namespaces.length === 1) byTime.delete(time);
    else namespaces.splice(at, 1);
    this.count -= 1;
    return true;
  }
}

function addTo(byTime: Map<number, unknown[]>, time: number, namespace: unknown): void {
  const others = byTime.get(time);
  if (others === undefined) byTime.set(time, [namespace]);
  else others.push(namespace);
}

function placeOf(namespace: unknown, namespaces: readonly unknown[] = []): number {
  for (let at = 0; at < namespaces.length; at += 1) if (isSame(namespaces[at], namespace)) return at;
  return -1;
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return compositeKeyText(a) === compositeKeyText(b);
}
