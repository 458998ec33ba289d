import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CheckpointId } from '../../actors/protocol/ids.js';
import { listState, mapState, valueState } from '../../src/state/descriptors.js';
import { createHeapState } from '../../src/state/heap/heap-state.js';
import { keyGroupOf, rangeOf } from '../../src/state/key-groups.js';
import type { KeyedStateBackend } from '../../src/state/keyed-state.js';
import type { KeyGroupImage, KeyGroupPart, SnapshotBase, StateSnapshot } from '../../src/state/state-snapshot.js';

const seed = 20_261_120;
const maxParallelism = 3;
const keyCount = 240;
const mapKeyCount = 40;

/** The state of one key as anyone would write it down; map keys in the order of insertion. */
class Plain {
  value: number | undefined;
  list: number[] = [];
  map = new Map<number, number>();
  timers = new Set<number>();

  copy(): Plain {
    const copy = new Plain();
    copy.value = this.value;
    copy.list = [...this.list];
    copy.map = new Map(this.map);
    copy.timers = new Set(this.timers);
    return copy;
  }
}
type Model = Map<number, Plain>;

const copyOf = (model: Model): Model => new Map([...model].map(([key, plain]) => [key, plain.copy()]));

const change = fc.record({
  key: fc.oneof({ weight: 4, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(keyCount - 1) }),
  what: fc.constantFrom(
    'update',
    'clear',
    'add',
    'replace',
    'clearList',
    'put',
    'put',
    'remove',
    'clearMap',
    'set',
    'unset',
    'fill',
  ),
  at: fc.nat(mapKeyCount - 1),
  to: fc.nat(1_000),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const step = fc.oneof(
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('change' as const), change }) },
  // A call that fails: all it did is taken back. What was removed from a map would stand last, so it removes nothing.
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('takenBack' as const),
      changes: fc.array(
        change.filter(({ what }) => what !== 'remove'),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  },
  // More of a group than it remembers.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('burst' as const), change }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fire' as const), through: fc.nat(mapKeyCount) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('begin' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('beginFull' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), entries: fc.integer({ min: 1, max: 12 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('finish' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('confirm' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('abort' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restore' as const) }) },
);

/** A checkpoint as the coordinator keeps it, and what it must hold. */
interface Kept {
  readonly id: CheckpointId;
  readonly groups: ReadonlyMap<number, KeyGroupImage>;
  readonly model: Model;
}

interface UnderWay {
  readonly id: CheckpointId;
  readonly isFull: boolean;
  readonly snapshot: StateSnapshot;
  readonly base: Kept | null;
  readonly model: Model;
}

/** A backend with its model, and the checkpoints that were taken of both. */
class Subject {
  state: KeyedStateBackend;
  model: Model = new Map();
  deltas = 0;
  private confirmed: Kept | null = null;
  private newest: Kept | null = null;
  private underWay: UnderWay | null = null;
  private n = 0;

  constructor(private readonly development: boolean) {
    this.state = heapState(development);
  }

  change({ key, what, at, to }: Change): void {
    const plain = this.model.get(key) ?? new Plain();
    this.model.set(key, plain);
    this.state.setCurrentKey(key);
    apply(this.state, plain, { what, at, to });
  }

  takeBack(changes: readonly Change[]): void {
    const [first] = changes as [Change];
    const plain = (this.model.get(first.key) ?? new Plain()).copy();
    this.state.setCurrentKey(first.key);
    this.state.begin();
    for (const each of changes) apply(this.state, plain, each);
    this.state.takeBack();
  }

  /** Timers due, all of them. */
  fire(through: number): void {
    const queue = this.state.timers<null>('timers');
    for (let timer = queue.take(through); timer !== null; timer = queue.take(through)) {
      expect(this.model.get(timer.key as number)?.timers.delete(timer.time)).toBe(true);
    }
    for (const { timers } of this.model.values()) for (const time of timers) expect(time).toBeGreaterThan(through);
  }

  begin(isFull: boolean): void {
    if (this.underWay !== null) this.abort();
    this.n += 1;
    const id = { epoch: 1, n: this.n };
    const base = isFull ? null : this.confirmed;
    const snapshot = isFull ? this.state.fullSnapshot() : this.state.snapshot(id, base && baseOf(base));
    this.underWay = { id, isFull, snapshot, base, model: copyOf(this.model) };
  }

  advance(entriesMax: number): void {
    if (this.underWay?.snapshot.advance(entriesMax) === 'done') this.finish();
  }

  finish(): void {
    if (this.underWay === null) return;
    const { id, isFull, snapshot, base, model } = this.underWay;
    this.underWay = null;
    expect(snapshot.advance(Number.POSITIVE_INFINITY)).toBe('done');
    const groups = new Map<number, KeyGroupImage>();
    for (const keyGroup of snapshot.unchanged) groups.set(keyGroup, base?.groups.get(keyGroup) as KeyGroupImage);
    for (const part of snapshot.changed) {
      if (part.kind === 'delta') this.deltas += 1;
      groups.set(part.keyGroup, chained(part, base));
    }
    expectRestores(groups, this.state, model);
    if (!isFull) this.newest = { id, groups, model };
  }

  confirm(): void {
    this.confirmed = this.newest ?? this.confirmed;
    this.newest = null;
  }

  abort(): void {
    const id = this.underWay?.id ?? this.newest?.id;
    this.underWay?.snapshot.cancel();
    if (this.underWay === null) this.newest = null;
    this.underWay = null;
    if (id !== undefined) this.state.aborted(id);
  }

  restore(): void {
    const serializers = this.state.serializers();
    this.underWay = null;
    this.newest = null;
    this.state.close();
    this.state = heapState(this.development);
    for (const group of this.confirmed?.groups.values() ?? []) this.state.load(group, serializers);
    expect(this.state.ready()).toBe(true);
    if (this.confirmed !== null) this.state.restored(this.confirmed.id);
    this.model = copyOf(this.confirmed?.model ?? new Map());
  }
}

const heapState = (development: boolean, range = { first: 0, last: maxParallelism - 1 }): KeyedStateBackend =>
  createHeapState({ operator: 'model', maxParallelism, range, development });

const baseOf = ({ id, groups }: Kept): SnapshotBase => ({
  checkpoint: id,
  partBytes: (keyGroup) => groups.get(keyGroup)?.parts.map(({ length }) => length) ?? [],
});

function chained({ keyGroup, watermark, kind, bytes }: KeyGroupPart, base: Kept | null): KeyGroupImage {
  const before = kind === 'full' ? [] : (base?.groups.get(keyGroup)?.parts ?? []);
  return { keyGroup, watermark, parts: [...before, bytes] };
}

function apply(state: KeyedStateBackend, plain: Plain, { what, at, to }: Omit<Change, 'key'>): void {
  const value = state.value(valueState<number>('value'));
  const list = state.list(listState<number>('list'));
  const map = state.map(mapState<number, number>('map'));
  const timers = state.timers<null>('timers');
  switch (what) {
    case 'update':
      value.update(to);
      plain.value = to;
      return;
    case 'clear':
      value.clear();
      plain.value = undefined;
      return;
    case 'add':
      list.add(to);
      plain.list.push(to);
      return;
    case 'replace':
      list.update([to, at]);
      plain.list = [to, at];
      return;
    case 'clearList':
      list.clear();
      plain.list = [];
      return;
    case 'put':
      map.put(at, to);
      plain.map.set(at, to);
      return;
    case 'remove':
      map.remove(at);
      plain.map.delete(at);
      return;
    case 'clearMap':
      map.clear();
      plain.map.clear();
      return;
    case 'set':
      timers.set(at, null);
      plain.timers.add(at);
      return;
    case 'unset':
      timers.remove(at, null);
      plain.timers.delete(at);
      return;
    case 'fill':
      for (let key = 0; key < mapKeyCount; key += 1) {
        if (plain.map.has(key)) continue;
        map.put(key, to);
        plain.map.set(key, to);
      }
  }
}

function contentOf(state: KeyedStateBackend, key: number): unknown {
  state.setCurrentKey(key);
  return [
    state.value(valueState<number>('value')).value(),
    [...state.list(listState<number>('list')).get()],
    [...state.map(mapState<number, number>('map')).entries()],
  ];
}

function expectRestores(groups: ReadonlyMap<number, KeyGroupImage>, writer: KeyedStateBackend, then: Model): void {
  for (const parallelism of [1, 3]) {
    for (let index = 0; index < parallelism; index += 1) {
      const range = rangeOf(index, parallelism, maxParallelism);
      const isOwn = (keyGroup: number): boolean => keyGroup >= range.first && keyGroup <= range.last;
      const state = heapState(true, range);
      for (const group of groups.values()) if (isOwn(group.keyGroup)) state.load(group, writer.serializers());
      const due: string[] = [];
      for (const [key, plain] of then) {
        if (!isOwn(keyGroupOf(key, maxParallelism))) continue;
        expect(contentOf(state, key)).toEqual([plain.value, plain.list, [...plain.map]]);
        for (const time of plain.timers) due.push(`${key}@${time}`);
      }
      const queue = state.timers<null>('timers');
      const found: string[] = [];
      for (let timer = queue.take(1e9); timer !== null; timer = queue.take(1e9))
        found.push(`${timer.key}@${timer.time}`);
      expect(found.sort()).toEqual(due.sort());
    }
  }
}

describe(`heap snapshots (seed ${seed})`, () => {
  it.each([true, false])('hold what was when they began, with development %s', (development) => {
    let deltas = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        const subject = new Subject(development);
        for (const each of steps) {
          switch (each.kind) {
            case 'change':
              subject.change(each.change);
              break;
            case 'burst':
              for (let key = 0; key < keyCount; key += 1) subject.change({ ...each.change, what: 'update', key });
              break;
            case 'takenBack':
              subject.takeBack(each.changes);
              break;
            case 'fire':
              subject.fire(each.through);
              break;
            case 'begin':
              subject.begin(false);
              break;
            case 'beginFull':
              subject.begin(true);
              break;
            case 'advance':
              subject.advance(each.entries);
              break;
            case 'finish':
              subject.finish();
              break;
            case 'confirm':
              subject.confirm();
              break;
            case 'abort':
              subject.abort();
              break;
            case 'restore':
              subject.restore();
          }
        }
        for (const [key, plain] of subject.model) {
          expect(contentOf(subject.state, key)).toEqual([plain.value, plain.list, [...plain.map]]);
        }
        subject.finish();
        deltas += subject.deltas;
      }),
      { seed, numRuns: 300 },
    );
    expect(deltas).toBeGreaterThan(300);
  });
});
