import { deepFreeze } from '../deep-freeze.js';
import type { Expiring, KeyCursor } from '../key-cursor.js';
import type { DeepReadonly, MapState } from '../keyed-state.js';
import type { Admission } from './admission.js';
import { CanonicalMap } from './canonical-map.js';
import { TimedCell, TimedMap } from './timed-content.js';

/** A map for each key, each entry of it for a while. */
export class TtlMapState<K, T> implements MapState<K, T> {
  constructor(
    private readonly cursor: KeyCursor,
    private readonly slot: number,
    private readonly admission: Admission,
    private readonly expiry: Expiring,
    private readonly development: boolean,
  ) {}

  get(key: K): DeepReadonly<T> | undefined {
    const { cursor, slot, expiry } = this;
    const nowMs = expiry.access();
    const map = this.map();
    const cell = map?.cells.get(key);
    if (map === undefined || cell === undefined) return undefined;
    if (cell.atMs <= expiry.through(nowMs)) {
      this.delete(map, key, cell);
      if (!expiry.ttl.returnExpired) return undefined;
    } else if (expiry.ttl.updateOnRead) {
      cursor.changing(slot);
      cell.atMs = nowMs;
    }
    return cell.value as DeepReadonly<T>;
  }

  put(key: K, value: T | DeepReadonly<T>): void {
    this.admission.admit(value);
    const nowMs = this.expiry.access();
    const { cursor, slot } = this;
    const known = this.map();
    const map = known ?? new TimedMap(new CanonicalMap<unknown, TimedCell>());
    const { cells } = map;
    const before = cells.get(key);
    if (known !== undefined) cursor.changing(slot);
    cells.set(key, new TimedCell(value, nowMs));
    if (cursor.notes) cursor.note(() => (before === undefined ? cells.delete(key) : cells.set(key, before)));
    if (this.development) deepFreeze(key);
    if (known === undefined) cursor.write(slot, map);
  }

  remove(key: K): void {
    this.expiry.access();
    const map = this.map();
    const cell = map?.cells.get(key);
    if (map !== undefined && cell !== undefined) this.delete(map, key, cell);
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  /** As they are now, in the order of insertion; tuples and objects come last. */
  entries(): Iterable<readonly [K, DeepReadonly<T>]> {
    const { cursor, slot, expiry } = this;
    const nowMs = expiry.access();
    const map = this.map();
    if (map === undefined) return [];
    const all = [...map.cells.entries()];
    const through = expiry.through(nowMs);
    if (expiry.ttl.updateOnRead || map.hasExpired(through)) cursor.changing(slot);
    const remains = map.dropExpired(through);
    if (remains === 'none') cursor.empty(slot);
    else if (expiry.ttl.updateOnRead) for (const [, cell] of map.cells.entries()) cell.atMs = nowMs;
    const given = expiry.ttl.returnExpired ? all : [...map.cells.entries()];
    return given.map(([key, cell]) => [key as K, cell.value as DeepReadonly<T>] as const);
  }

  isEmpty(): boolean {
    const { cursor, slot, expiry } = this;
    const nowMs = expiry.access();
    const map = this.map();
    if (map === undefined) return true;
    if (expiry.ttl.returnExpired) return false;
    const through = expiry.through(nowMs);
    if (!map.hasExpired(through)) return false;
    cursor.changing(slot);
    const remains = map.dropExpired(through);
    if (remains === 'none') cursor.empty(slot);
    return remains === 'none';
  }

  clear(): void {
    this.cursor.empty(this.slot);
  }

  private map(): TimedMap | undefined {
    return this.cursor.read(this.slot) as TimedMap | undefined;
  }

  private delete(map: TimedMap, key: unknown, cell: TimedCell): void {
    this.cursor.changing(this.slot);
    map.cells.delete(key);
    if (this.cursor.notes) this.cursor.note(() => map.cells.set(key, cell));
    if (map.cells.size === 0) this.cursor.empty(this.slot);
  }
}
