import { describe, expect, it } from 'vitest';
import { aggregatingState, listState, mapState, reducingState, valueState } from '../../../src/state/descriptors.js';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';
import type { StateTtl } from '../../../src/state/ttl.js';
import { VirtualClock } from '../connectors/virtual-clock.js';
import { createTestedState } from './tested-state.js';
import { imageOf, written } from './written.js';

const checkpoint = { epoch: 1, n: 1 };

/** A millisecond has passed each time somebody looks. */
class TickingClock extends VirtualClock {
  private looks = 0;

  override wallMs(): number {
    this.looks += 1;
    return this.looks;
  }
}

function world(): { readonly clock: VirtualClock; readonly state: KeyedStateBackend } {
  const clock = new VirtualClock();
  const state = heapState(clock);
  state.setCurrentKey('a');
  return { clock, state };
}

function heapState(clock: VirtualClock): KeyedStateBackend {
  const range = { first: 0, last: 3 };
  return createTestedState({ operator: 'orders', maxParallelism: 4, range, development: true, clock });
}

function restored(state: KeyedStateBackend, clock: VirtualClock): KeyedStateBackend {
  const after = heapState(clock);
  for (const group of written(state.snapshot(checkpoint, null)).changed)
    after.load(imageOf(group), state.serializers());
  after.setCurrentKey('a');
  return after;
}

const ttl = (options: Partial<StateTtl> = {}): { readonly ttl: StateTtl } => ({
  ttl: { ttlMs: 100, cleanup: { incrementalKeys: 0 }, ...options },
});

/** How many entries a checkpoint of now would hold. */
const keysIn = (state: KeyedStateBackend): number => written(state.snapshot({ epoch: 1, n: 2 }, null)).changed.length;

describe('state TTL: update type', () => {
  it('OnCreateAndWrite: a value lives for its time after it was written, however often it is read', () => {
    const { clock, state } = world();
    const value = state.value(valueState<number>('v', ttl()));
    value.update(1);
    clock.pass(99);
    expect(value.value()).toBe(1);
    clock.pass(1);
    expect(value.value()).toBeUndefined();
    value.update(2);
    clock.pass(60);
    value.update(3);
    clock.pass(60);
    expect(value.value()).toBe(3);
  });

  it('OnReadAndWrite: each read makes it live longer', () => {
    const { clock, state } = world();
    const value = state.value(valueState<number>('v', ttl({ update: 'onReadAndWrite' })));
    value.update(1);
    for (let read = 0; read < 5; read++) {
      clock.pass(99);
      expect(value.value()).toBe(1);
    }
    clock.pass(100);
    expect(value.value()).toBeUndefined();
  });

  it('entries of a list and of a map live each for themselves', () => {
    const { clock, state } = world();
    const list = state.list(listState<number>('l', ttl()));
    const map = state.map(mapState<string, number>('m', ttl()));
    list.add(1);
    map.put('one', 1);
    clock.pass(60);
    list.add(2);
    map.put('two', 2);
    clock.pass(60);
    expect(list.get()).toEqual([2]);
    expect([...map.entries()]).toEqual([['two', 2]]);
    expect([map.has('one'), map.get('one'), map.isEmpty()]).toEqual([false, undefined, false]);
    clock.pass(60);
    expect([list.get(), map.isEmpty(), [...map.entries()]]).toEqual([[], true, []]);
    expect(keysIn(state)).toBe(0);
  });

  it('reducing and aggregating state begins anew when what it had has expired', () => {
    const { clock, state } = world();
    const sum = state.reducing(reducingState<number>('r', (a, b) => a + b, ttl()));
    const count = state.aggregating(
      aggregatingState('a', { createAccumulator: () => 0, add: (_: number, n) => n + 1, getResult: (n) => n }, ttl()),
    );
    for (let each = 0; each < 3; each++) {
      sum.add(5);
      count.add(5);
      clock.pass(50);
    }
    expect([sum.get(), count.get()]).toEqual([15, 3]);
    clock.pass(50);
    sum.add(5);
    count.add(5);
    expect([sum.get(), count.get()]).toEqual([5, 1]);
  });
});

describe('state TTL: visibility', () => {
  it('ReturnExpiredIfNotCleanedUp: what has expired is returned once', () => {
    const { clock, state } = world();
    const visible = ttl({ visibility: 'returnExpiredIfNotCleanedUp' });
    const value = state.value(valueState<number>('v', visible));
    const list = state.list(listState<number>('l', visible));
    const map = state.map(mapState<string, number>('m', visible));
    value.update(1);
    list.update([1, 2]);
    map.put('k', 1);
    clock.pass(100);
    expect([value.value(), list.get(), map.get('k')]).toEqual([1, [1, 2], 1]);
    expect([value.value(), list.get(), map.get('k')]).toEqual([undefined, [], undefined]);
  });
});

describe('state TTL: cleanup', () => {
  const fill = (state: KeyedStateBackend, options: { readonly ttl: StateTtl }): void => {
    for (let key = 0; key < 10; key++) {
      state.setCurrentKey(key);
      state.value(valueState<number>('v', options)).update(key);
    }
  };

  it('incremental: each access looks at so many keys', () => {
    const { clock, state } = world();
    const options = ttl({ cleanup: { incrementalKeys: 4 } });
    fill(state, options);
    clock.pass(100);
    state.setCurrentKey('other');
    const value = state.value(valueState<number>('v', options));
    for (let access = 0; access < 3; access++) value.value();
    expect(keysIn(state)).toBe(0);
  });

  it('incremental: five keys unless told otherwise', () => {
    const { clock, state } = world();
    const options = { ttl: { ttlMs: 100 } };
    fill(state, options);
    clock.pass(100);
    state.setCurrentKey('other');
    const value = state.value(valueState<number>('v', options));
    value.value();
    expect(keysIn(state)).toBeGreaterThan(0);
    for (let access = 0; access < 2; access++) value.value();
    expect(keysIn(state)).toBe(0);
  });

  it('without any nothing goes before somebody comes upon it', () => {
    const { clock, state } = world();
    fill(state, ttl());
    clock.pass(100);
    expect(keysIn(state)).toBeGreaterThan(0);
  });

  it('in full snapshots: what has expired is not written', () => {
    const { clock, state } = world();
    fill(state, ttl({ cleanup: { incrementalKeys: 0, inFullSnapshot: true } }));
    clock.pass(100);
    expect(keysIn(state)).toBe(0);
  });

  it('in full snapshots: what expires while it is looked at is in them or not, and never half', () => {
    for (let ttlMs = 1; ttlMs < 20; ttlMs += 1) {
      const clock = new TickingClock();
      const options = ttl({ ttlMs, cleanup: { incrementalKeys: 0, inFullSnapshot: true } });
      const state = heapState(clock);
      for (let key = 0; key < 5; key += 1) {
        state.setCurrentKey(key);
        state.value(valueState<number>('v', options)).update(key);
        state.value(valueState<number>('stays')).update(key);
      }
      const after = restored(state, clock);
      for (let key = 0; key < 5; key += 1) {
        after.setCurrentKey(key);
        expect(after.value(valueState<number>('stays')).value()).toBe(key);
      }
    }
  });
});

describe('state TTL: snapshot and restore', () => {
  it('the time goes on while a job is down', () => {
    const { clock, state } = world();
    const options = ttl();
    const value = valueState<number>('v', options);
    const list = listState<number>('l', options);
    const map = mapState<string, number>('m', options);
    state.list(list).add(1);
    state.map(map).put('x', 1);
    clock.pass(50);
    state.value(value).update(7);
    state.list(list).add(2);
    state.map(map).put('y', 2);
    clock.pass(60);
    const after = restored(state, clock);
    expect(after.value(value).value()).toBe(7);
    expect(after.list(list).get()).toEqual([2]);
    expect([...after.map(map).entries()]).toEqual([['y', 2]]);
    clock.pass(40);
    expect(after.value(value).value()).toBeUndefined();
  });

  it('options may change with the code', () => {
    const { clock, state } = world();
    state.value(valueState<number>('v', ttl())).update(1);
    clock.pass(150);
    const after = restored(state, clock);
    expect(after.value(valueState<number>('v', ttl({ ttlMs: 1_000 }))).value()).toBe(1);
  });

  it.each([true, false])('a TTL that is given or taken away later is refused: %o', (had) => {
    const { clock, state } = world();
    const withTtl = valueState<number>('v', ttl());
    const without = valueState<number>('v');
    state.value(had ? withTtl : without).update(1);
    const after = restored(state, clock);
    expect(() => after.value(had ? without : withTtl)).toThrow(
      expect.objectContaining({
        code: 'STATE_TTL_TOGGLED',
        message: expect.stringContaining(had ? 'used without one' : 'used with one'),
      }),
    );
  });

  it('a TTL that is no time is refused', () => {
    const { state } = world();
    for (const ttlMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => state.value(valueState(`v${ttlMs}`, { ttl: { ttlMs } }))).toThrow(
        expect.objectContaining({ code: 'TTL_INVALID' }),
      );
    }
  });
});
