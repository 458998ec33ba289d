import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../specs/engine/connectors/virtual-clock.js';
import { createTestedState } from '../../specs/engine/state/tested-state.js';
import { imageOf, written } from '../../specs/engine/state/written.js';
import { listState, mapState, reducingState, valueState } from '../../src/state/descriptors.js';
import type { KeyedStateBackend } from '../../src/state/keyed-state.js';
import type { StateTtl } from '../../src/state/ttl.js';

const seed = 20_261_120;
const maxParallelism = 3;
const ttlMs = 50;

const action = fc.constantFrom(
  'update',
  'clear',
  'read',
  'add',
  'replace',
  'list',
  'put',
  'get',
  'remove',
  'pairs',
  'reduce',
  'reduced',
);
const step = fc.oneof(
  { weight: 10, arbitrary: fc.tuple(action, fc.nat(3), fc.nat(2), fc.nat(9)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('pass' as const), fc.nat(ttlMs + 10), fc.constant(0), fc.constant(0)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('restore' as const), fc.constant(0), fc.constant(0), fc.constant(0)) },
);

/** One entry of the model: it is there while its time has not passed, and nothing else ever removes it. */
interface Timed {
  value: number;
  atMs: number;
}

/** State of one key as anyone would write it down who never cleans up. */
class Plain {
  private single: Timed | null = null;
  private sum: Timed | null = null;
  private entries: Timed[] = [];
  private readonly map = new Map<string, Timed>();

  constructor(
    private readonly clock: VirtualClock,
    private readonly updateOnRead: boolean,
  ) {}

  private timed(value: number): Timed {
    return { value, atMs: this.clock.wallMs() };
  }

  private read(timed: Timed | null | undefined): number | undefined {
    if (timed == null || timed.atMs + ttlMs <= this.clock.wallMs()) return undefined;
    if (this.updateOnRead) timed.atMs = this.clock.wallMs();
    return timed.value;
  }

  does(what: string, key: string, value: number): unknown {
    switch (what) {
      case 'update':
        this.single = this.timed(value);
        return null;
      case 'clear':
        this.single = null;
        return null;
      case 'read':
        return this.read(this.single);
      case 'add':
        this.entries.push(this.timed(value));
        return null;
      case 'replace':
        this.entries = [this.timed(value), this.timed(value)];
        return null;
      case 'list':
        return this.entries.map((each) => this.read(each)).filter((each) => each !== undefined);
      case 'put':
        this.map.set(key, this.timed(value));
        return null;
      case 'get':
        return this.read(this.map.get(key));
      case 'remove':
        this.map.delete(key);
        return null;
      case 'pairs':
        return [...this.map]
          .map(([name, each]) => [name, this.read(each)])
          .filter(([, each]) => each !== undefined)
          .sort();
      case 'reduce':
        this.sum = this.timed((this.read(this.sum) ?? 0) + value);
        return null;
      default:
        return this.read(this.sum);
    }
  }
}

function doIt(state: KeyedStateBackend, ttl: StateTtl, what: string, key: string, value: number): unknown {
  const single = state.value(valueState<number>('single', { ttl }));
  const list = state.list(listState<number>('list', { ttl }));
  const map = state.map(mapState<string, number>('map', { ttl }));
  const sum = state.reducing(reducingState<number>('sum', (a, b) => a + b, { ttl }));
  switch (what) {
    case 'update':
      return single.update(value) ?? null;
    case 'clear':
      return single.clear() ?? null;
    case 'read':
      return single.value();
    case 'add':
      return list.add(value) ?? null;
    case 'replace':
      return list.update([value, value]) ?? null;
    case 'list':
      return [...list.get()];
    case 'put':
      return map.put(key, value) ?? null;
    case 'get':
      return map.get(key);
    case 'remove':
      return map.remove(key) ?? null;
    case 'pairs':
      return [...map.entries()].map((pair) => [...pair]).sort();
    case 'reduce':
      return sum.add(value) ?? null;
    default:
      return sum.get();
  }
}

describe(`state TTL (seed ${seed})`, () => {
  it.each(['onCreateAndWrite', 'onReadAndWrite'] as const)(
    '%s: equals a naive model that never cleans up, whatever is cleaned up and restored in between',
    (update) => {
      const cleanup = fc.record({ incrementalKeys: fc.nat(6), inFullSnapshot: fc.boolean() });
      fc.assert(
        fc.property(fc.array(step, { maxLength: 150, size: 'max' }), cleanup, (steps, cleaning) => {
          const ttl: StateTtl = { ttlMs, update, cleanup: cleaning };
          const clock = new VirtualClock();
          const fresh = (): KeyedStateBackend =>
            createTestedState({
              operator: 'model',
              maxParallelism,
              range: { first: 0, last: maxParallelism - 1 },
              development: true,
              clock,
            });
          let state = fresh();
          const model = new Map<number, Plain>();
          for (const [n, [what, first, mapKey, value]] of steps.entries()) {
            if (what === 'pass') clock.pass(first);
            else if (what === 'restore') {
              const after = fresh();
              for (const group of written(state.snapshot({ epoch: 1, n }, null)).changed)
                after.load(imageOf(group), state.serializers());
              state = after;
            } else {
              const plain = model.get(first) ?? new Plain(clock, update === 'onReadAndWrite');
              model.set(first, plain);
              state.setCurrentKey(first);
              expect(doIt(state, ttl, what, `k${mapKey}`, value)).toEqual(plain.does(what, `k${mapKey}`, value));
            }
          }
        }),
        { seed, numRuns: 300 },
      );
    },
  );

  it('what was taken back was never there', () => {
    const change = fc.tuple(
      fc.constantFrom('update', 'clear', 'add', 'replace', 'put', 'remove', 'reduce'),
      fc.nat(2),
      fc.nat(9),
    );
    const changes = fc.array(change, { maxLength: 12 });
    fc.assert(
      fc.property(changes, changes, fc.boolean(), (before, taken, timed) => {
        const clock = new VirtualClock();
        const range = { first: 0, last: maxParallelism - 1 };
        const state = createTestedState({ operator: 'model', maxParallelism, range, development: true, clock });
        const apply = (all: typeof before): void => {
          for (const [what, key, value] of all) changed(state, timed, what, `k${key}`, value);
        };
        state.setCurrentKey('a');
        apply(before);
        const had = contentOf(state, timed);
        state.begin();
        apply(taken);
        const timers = state.timers<string>('timers');
        timers.set(5, 'x');
        timers.remove(5, 'x');
        timers.set(7, 'y');
        state.takeBack();
        expect(contentOf(state, timed)).toEqual(had);
        expect(timers.earliest()).toBe(Number.POSITIVE_INFINITY);
      }),
      { seed, numRuns: 300 },
    );
  });
});

const long: StateTtl = { ttlMs: 1_000_000 };

function changed(state: KeyedStateBackend, timed: boolean, what: string, key: string, value: number): void {
  if (timed) {
    doIt(state, long, what, key, value);
    return;
  }
  const list = state.list(listState<number>('list'));
  const map = state.map(mapState<string, number>('map'));
  const single = state.value(valueState<number>('single'));
  if (what === 'update' || what === 'reduce') single.update(value);
  if (what === 'clear') single.clear();
  if (what === 'add') list.add(value);
  if (what === 'replace') list.update(value > 5 ? [] : [value]);
  if (what === 'put') map.put(key, value);
  if (what === 'remove') map.remove(key);
}

function contentOf(state: KeyedStateBackend, timed: boolean): unknown {
  if (timed) return ['read', 'list', 'pairs', 'reduced'].map((what) => doIt(state, long, what, '', 0));
  return [
    state.value(valueState<number>('single')).value(),
    [...state.list(listState<number>('list')).get()],
    [...state.map(mapState<string, number>('map')).entries()].sort(),
  ];
}
