import { describe, expect, it } from 'vitest';
import { listState, mapState, valueState } from '../../../src/state/descriptors.js';
import { keyGroupOf } from '../../../src/state/key-groups.js';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';
import type { KeyGroupPart } from '../../../src/state/state-snapshot.js';
import { createTestedState } from './tested-state.js';
import { baseOf, imageOf, written } from './written.js';

const maxParallelism = 4;
const everyGroup = { first: 0, last: maxParallelism - 1 };
const checkpoint = (n: number): { epoch: number; n: number } => ({ epoch: 1, n });

function heapState(range = everyGroup, development = true): KeyedStateBackend {
  return createTestedState({ operator: 'orders', maxParallelism, range, development });
}

/** One key in each key group, by its index. */
const keys = Array.from({ length: maxParallelism }, (_, group) => {
  let key = 0;
  while (keyGroupOf(key, maxParallelism) !== group) key++;
  return key;
});

function count(state: KeyedStateBackend, ...groups: number[]): void {
  const value = state.value(valueState<number>('count'));
  for (const group of groups) {
    state.setCurrentKey(keys[group]);
    value.update((value.value() ?? 0) + 1);
  }
}

/** Which groups a snapshot holds, as [changed, unchanged]. */
function taken(state: KeyedStateBackend, n: number, base: number | null): [number[], readonly number[]] {
  const { changed, unchanged } = written(state.snapshot(checkpoint(n), base === null ? null : baseOf(base)));
  return [changed.map((group) => group.keyGroup), unchanged];
}

describe('heap state: what a snapshot holds', () => {
  it('without a base: all groups that hold something', () => {
    const state = heapState();
    count(state, 0, 2);
    expect(taken(state, 1, null)).toEqual([[0, 2], []]);
    expect(taken(state, 2, null)).toEqual([[0, 2], []]);
  });

  it('with a base: the bytes of what changed since', () => {
    const state = heapState();
    count(state, 0, 2);
    taken(state, 1, null);
    count(state, 1, 2);
    expect(taken(state, 2, 1)).toEqual([[1, 2], [0]]);
    expect(taken(state, 3, 2)).toEqual([[], [0, 1, 2]]);
  });

  it('a base that is not the newest snapshot: everything since the base', () => {
    const state = heapState();
    count(state, 0);
    taken(state, 1, null);
    count(state, 1);
    taken(state, 2, 1);
    count(state, 2);
    expect(taken(state, 3, 1)).toEqual([[1, 2], [0]]);
  });

  it('an aborted checkpoint loses nothing', () => {
    const state = heapState();
    count(state, 0, 1);
    taken(state, 1, null);
    count(state, 1);
    taken(state, 2, 1);
    state.aborted(checkpoint(2));
    expect(taken(state, 3, 1)).toEqual([[1], [0]]);
  });

  it('a base that is not remembered: everything counts as changed', () => {
    const state = heapState();
    count(state, 0, 1);
    taken(state, 1, null);
    expect(taken(state, 2, 7)).toEqual([[0, 1], []]);
    expect(taken(state, 3, 2)).toEqual([[], [0, 1]]);
    // Older than a base that was confirmed.
    expect(taken(state, 4, 1)).toEqual([[0, 1], []]);
    state.aborted(checkpoint(4));
    expect(taken(state, 5, 4)).toEqual([[0, 1], []]);
  });

  it('a checkpoint asked for twice keeps what the first answer may lack', () => {
    const state = heapState();
    count(state, 0);
    taken(state, 1, null);
    count(state, 0);
    taken(state, 1, null);
    expect(taken(state, 2, 1)).toEqual([[0], []]);
  });

  it('an emptied group is in neither list', () => {
    const state = heapState();
    count(state, 0, 1);
    taken(state, 1, null);
    state.setCurrentKey(keys[0]);
    state.value(valueState<number>('count')).clear();
    expect(taken(state, 2, 1)).toEqual([[], [1]]);
    count(state, 0);
    expect(taken(state, 3, 2)).toEqual([[0], [1]]);
  });

  it('reading changes nothing, and clearing what is empty does not either', () => {
    const state = heapState();
    const list = state.list(listState<number>('list'));
    const map = state.map(mapState<string, number>('map'));
    count(state, 0, 1);
    state.setCurrentKey(keys[0]);
    list.add(1);
    map.put('a', 1);
    taken(state, 1, null);
    state.value(valueState<number>('count')).value();
    expect([list.get(), map.get('a'), map.has('a'), [...map.entries()]]).toHaveLength(4);
    map.remove('b');
    state.setCurrentKey(keys[1]);
    list.clear();
    map.clear();
    expect(taken(state, 2, 1)).toEqual([[], [0, 1]]);
  });

  it.each<[string, (state: KeyedStateBackend) => void]>([
    ['update', (state) => state.value(valueState<number>('count')).update(9)],
    ['clear', (state) => state.value(valueState<number>('count')).clear()],
    ['add', (state) => state.list(listState<number>('list')).add(2)],
    ['update of a list', (state) => state.list(listState<number>('list')).update([2])],
    ['clear of a list', (state) => state.list(listState<number>('list')).clear()],
    ['put', (state) => state.map(mapState<string, number>('map')).put('b', 1)],
    ['put of the same', (state) => state.map(mapState<string, number>('map')).put('a', 1)],
    ['remove', (state) => state.map(mapState<string, number>('map')).remove('a')],
    ['clear of a map', (state) => state.map(mapState<string, number>('map')).clear()],
  ])('%s makes the group count as changed', (_name, change) => {
    const state = heapState();
    count(state, 0);
    state.setCurrentKey(keys[0]);
    state.list(listState<number>('list')).add(1);
    state.map(mapState<string, number>('map')).put('a', 1);
    taken(state, 1, null);
    state.setCurrentKey(keys[0]);
    change(state);
    expect(taken(state, 2, 1)).toEqual([[0], []]);
  });

  it('has the watermark of the group: the current one, or the one it was restored with when that is higher', () => {
    const state = heapState();
    count(state, 0);
    expect(written(state.snapshot(checkpoint(1), null)).changed[0]?.watermark).toBe(Number.MIN_SAFE_INTEGER);
    state.currentWatermark(50);
    const [group] = written(state.snapshot(checkpoint(2), null)).changed as [KeyGroupPart];
    expect(group.watermark).toBe(50);
    const restored = heapState();
    restored.load(imageOf(group), state.serializers());
    restored.currentWatermark(20);
    expect(written(restored.snapshot(checkpoint(3), null)).changed[0]?.watermark).toBe(50);
  });
});

describe('heap state: restoring', () => {
  function filled(): KeyedStateBackend {
    const state = heapState();
    for (const key of ['a', 5, 5n, true, ['t', 1], { id: 'x' }, -7.25]) {
      state.setCurrentKey(key);
      state.value(valueState<unknown>('count')).update({ n: 1, at: new Uint8Array(2), big: 2n ** 70n });
      state.list(listState<unknown>('list')).update(['x', null]);
      state.map(mapState<unknown, unknown>('map')).put(['p', 1], 1);
      state.map(mapState<unknown, unknown>('map')).put('q', 2);
    }
    return state;
  }

  function restored(from: KeyedStateBackend): KeyedStateBackend {
    const state = heapState();
    for (const group of written(from.snapshot(checkpoint(1), null)).changed)
      state.load(imageOf(group), from.serializers());
    return state;
  }

  it('gives every key its states back, and the same bytes again', () => {
    const before = filled();
    const after = restored(before);
    for (const key of ['a', 5, 5n, true, ['t', 1], { id: 'x' }, -7.25]) {
      after.setCurrentKey(key);
      expect(after.value(valueState<unknown>('count')).value()).toEqual({
        n: 1,
        at: new Uint8Array(2),
        big: 2n ** 70n,
      });
      expect(after.list(listState<unknown>('list')).get()).toEqual(['x', null]);
      expect([...after.map(mapState<unknown, unknown>('map')).entries()]).toEqual([
        ['q', 2],
        [['p', 1], 1],
      ]);
    }
    expect(written(after.snapshot(checkpoint(2), null))).toEqual(written(before.snapshot(checkpoint(2), null)));
    expect(after.serializers()).toEqual(before.serializers());
  });

  it('hands out frozen values, and lists that grow', () => {
    const after = restored(filled());
    after.setCurrentKey('a');
    expect(Object.isFrozen(after.value(valueState<unknown>('count')).value())).toBe(true);
    after.list(listState<unknown>('list')).add('y');
    expect(after.list(listState<unknown>('list')).get()).toEqual(['x', null, 'y']);
  });

  it('keeps states that the code does not ask for any more', () => {
    const again = restored(restored(filled()));
    again.setCurrentKey('a');
    expect(again.list(listState<unknown>('list')).get()).toEqual(['x', null]);
  });

  it('names the serializer of each state', () => {
    expect(filled().serializers()).toEqual([
      { state: 'count', kind: 'value', serializer: 'msgpack', version: 1 },
      { state: 'list', kind: 'list', serializer: 'msgpack', version: 1 },
      { state: 'map', kind: 'map', serializer: 'msgpack', version: 1 },
    ]);
  });

  it('the bytes of a group are fixed', () => {
    const state = heapState();
    state.setCurrentKey('a');
    state.value(valueState<number>('count')).update(2);
    state.list(listState<string>('list')).add('x');
    state.map(mapState<string, number>('map')).put('k', 1);
    const [group] = written(state.snapshot(checkpoint(1), null)).changed as [KeyGroupPart];
    // Format 1; states; one key; 'a' with three states: 0 is 2, 1 is ['x'], 2 is one pair, 'k' and 1.
    const states = '93 92a5636f756e74a576616c7565 92a46c697374a46c697374 92a36d6170a36d6170';
    expect(Buffer.from(group.bytes).toString('hex')).toBe(
      `01 ${states} 01 a161 03 0002 0191a178 0201a16b01`.replaceAll(' ', ''),
    );
  });
});

describe('heap state: what it does not restore', () => {
  const serializers = [{ state: 'count', kind: 'value', serializer: 'msgpack', version: 1 }] as const;
  const state = heapState();
  count(state, 1);
  const [group] = written(state.snapshot(checkpoint(1), null)).changed as [KeyGroupPart];
  const unreadable = (message: string): unknown =>
    expect.objectContaining({ code: 'STATE_UNREADABLE', message: expect.stringContaining(message) });

  it('another serializer or version: it names the state and both versions', () => {
    expect(() => heapState().load(imageOf(group), [{ ...serializers[0], version: 2 }])).toThrow(
      unreadable(
        "state 'count' was written by serializer msgpack version 2, and this version of Weirflow reads msgpack version 1",
      ),
    );
    expect(() => heapState().load(imageOf(group), [{ ...serializers[0], serializer: 'avro' }])).toThrow(
      unreadable('avro version 1'),
    );
  });

  it('a state without a serializer', () => {
    expect(() => heapState().load(imageOf(group), [])).toThrow(unreadable("'count' is not among the serializers"));
  });

  it('the serializers of operator state are no concern of it', () => {
    const operatorList = { state: 'splits', kind: 'operatorList', serializer: 'other', version: 9 } as const;
    heapState().load(imageOf(group), [...serializers, operatorList]);
  });

  it('another format', () => {
    const bytes = Uint8Array.from(group.bytes);
    bytes[0] = 4;
    expect(() => heapState().load({ ...imageOf(group), parts: [bytes] }, serializers)).toThrow(
      unreadable('its format is 4'),
    );
  });

  it('bytes that were cut at any place', () => {
    for (let length = 0; length < group.bytes.length; length++) {
      const cut = { ...imageOf(group), parts: [group.bytes.subarray(0, length)] };
      expect(() => heapState().load(cut, serializers)).toThrow(unreadable('key group 1 cannot be read'));
    }
    const longer = { ...imageOf(group), parts: [Uint8Array.of(...group.bytes, 0)] };
    expect(() => heapState().load(longer, serializers)).toThrow(unreadable('bytes are left over'));
  });

  it('keys that belong to another group: the maximal parallelism was another', () => {
    const other = createTestedState({
      operator: 'orders',
      maxParallelism: 8,
      range: { first: 0, last: 7 },
      development: true,
    });
    expect(() => {
      for (let keyGroup = 0; keyGroup < 8; keyGroup++) {
        if (keyGroup !== keyGroupOf(keys[1], 8)) other.load({ ...imageOf(group), keyGroup }, serializers);
      }
    }).toThrow(unreadable('another maximal parallelism than 8'));
  });

  it('a group outside its range, or one group twice', () => {
    expect(() => heapState({ first: 2, last: 3 }).load(imageOf(group), serializers)).toThrow(
      expect.objectContaining({ code: 'KEY_GROUP_FOREIGN' }),
    );
    const twice = heapState();
    twice.load(imageOf(group), serializers);
    expect(() => twice.load(imageOf(group), serializers)).toThrow(expect.objectContaining({ code: 'KEY_GROUP_TWICE' }));
  });

  it('a state that the code uses as another kind', () => {
    const restored = heapState();
    restored.list(listState<number>('count'));
    expect(() => restored.load(imageOf(group), serializers)).toThrow(
      expect.objectContaining({ code: 'STATE_CONFLICT' }),
    );
  });

  it('a group that was refused changes nothing', () => {
    const restored = heapState();
    expect(() => restored.load({ ...imageOf(group), parts: [group.bytes.subarray(0, -1)] }, serializers)).toThrow(
      unreadable(''),
    );
    expect(written(restored.snapshot(checkpoint(1), null))).toEqual({ changed: [], unchanged: [] });
    restored.load(imageOf(group), serializers);
    expect(taken(restored, 2, null)).toEqual([[1], []]);
  });
});
