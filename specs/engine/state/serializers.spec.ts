import { describe, expect, it } from 'vitest';
import { BroadcastStates } from '../../../src/operators/broadcast-state.js';
import { OperatorLists } from '../../../src/operators/operator-lists.js';
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StateOptions,
  valueState,
} from '../../../src/state/descriptors.js';
import { createHeapState } from '../../../src/state/heap/heap-state.js';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';
import { classSerializer, type ValueSerializer } from '../../../src/state/value-serializer.js';
import { VirtualClock } from '../connectors/virtual-clock.js';
import { baseOf, imageOf, written } from './written.js';

class Money {
  constructor(
    readonly cents: bigint,
    readonly currency: string,
  ) {}
  plus(other: Pick<Money, 'cents'>): Money {
    return new Money(this.cents + other.cents, this.currency);
  }
}
class Gold extends Money {}

const euro = (cents: number): Money => new Money(BigInt(cents), 'EUR');
const asText = ({ cents, currency }: Pick<Money, 'cents' | 'currency'>): string => `${currency} ${cents}`;
const parsed = (text: string): Money => new Money(BigInt(text.slice(4)), text.slice(0, 3));

const money = classSerializer(Money, { name: 'money', encode: asText, decode: parsed });
/** The next version writes an object, and still reads what the first one wrote. */
const second = classSerializer(Money, {
  name: 'money',
  version: 2,
  encode: ({ cents, currency }) => ({ cents, currency }),
  decode: ({ cents, currency }) => new Money(cents, currency),
  readVersion: (version, data) => (version === 1 ? parsed(data as string) : expect.fail(`version ${version}`)),
});
const withoutReader: ValueSerializer<Money> = { name: 'money', version: 2, encode: asText, decode: () => euro(0) };

const ttl = { ttlMs: 60_000 };
const states = (options: StateOptions<Money>) => ({
  value: valueState<Money>('value', options),
  list: listState<Money>('list', options),
  map: mapState<string, Money>('map', options),
  reducing: reducingState<Money>('reducing', (a, b) => a.plus(b), options),
  aggregating: aggregatingState<Money, Money, string>(
    'aggregating',
    { createAccumulator: () => euro(0), add: (one, sum) => sum.plus(one), getResult: asText },
    options,
  ),
});

const backend = (development = true): KeyedStateBackend =>
  createHeapState({
    ...{ operator: 'orders', maxParallelism: 4, range: { first: 0, last: 3 }, development },
    clock: new VirtualClock(),
  });

function fill(state: KeyedStateBackend, options: StateOptions<Money>): void {
  const { value, list, map, reducing, aggregating } = states(options);
  for (const key of ['a', 'b']) {
    state.setCurrentKey(key);
    state.value(value).update(euro(1));
    state.list(list).update([euro(2), euro(3)]);
    state.map(map).put('k', euro(4));
    for (const cents of [5, 6]) {
      state.reducing(reducing).add(euro(cents));
      state.aggregating(aggregating).add(euro(cents));
    }
  }
}

function read(state: KeyedStateBackend, options: StateOptions<Money>): unknown {
  const { value, list, map, reducing, aggregating } = states(options);
  state.setCurrentKey('b');
  return {
    value: state.value(value).value(),
    list: state.list(list).get(),
    map: [...state.map(map).entries()],
    reducing: state.reducing(reducing).get(),
    aggregating: state.aggregating(aggregating).get(),
  };
}

const all = {
  value: euro(1),
  list: [euro(2), euro(3)],
  map: [['k', euro(4)]],
  reducing: euro(11),
  aggregating: 'EUR 11',
};

let snapshots = 0;
function moved(state: KeyedStateBackend, to = backend()): KeyedStateBackend {
  snapshots += 1;
  const { changed } = written(state.snapshot({ epoch: 1, n: snapshots }, null));
  for (const group of changed) to.load(imageOf(group), state.serializers());
  return to;
}

const refusal = (code: string, message: string): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

describe('serializers: instances of a class in keyed state', () => {
  it.each([
    ['of every kind', { serializer: money }],
    ['of every kind, with a TTL', { serializer: money, ttl }],
  ])('%s are instances again after a restore', (_, options) => {
    for (const development of [true, false]) {
      const before = backend(development);
      fill(before, options);
      const after = moved(before, backend(development));
      const found = read(after, options) as typeof all;
      expect(found).toEqual(all);
      expect(found.value).toBeInstanceOf(Money);
      expect(found.list.map((each) => each.plus(euro(1)).cents)).toEqual([3n, 4n]);
    }
  });

  it('are in memory what they were given as: nothing is encoded or decoded for a record', () => {
    const calls: string[] = [];
    const counted: ValueSerializer<Money> = {
      ...{ name: 'money', version: 1 },
      encode: (value) => {
        calls.push('encode');
        return asText(value);
      },
      decode: () => expect.fail('nothing was restored'),
    };
    const state = backend(false);
    const value = state.value(valueState('value', { serializer: counted }));
    for (const key of ['a', 'b', 'c']) {
      state.setCurrentKey(key);
      const given = euro(1);
      value.update(given);
      expect(value.value()).toBe(given);
    }
    // The first one was tried, which finds what is wrong with a type.
    expect(calls).toEqual(['encode']);
    written(state.snapshot({ epoch: 1, n: 1 }, null));
    expect(calls).toHaveLength(4);
  });

  it('the snapshot names the serializer and its version', () => {
    const state = backend();
    fill(state, { serializer: second });
    state.value(valueState<number>('plain'));
    expect(state.serializers()).toContainEqual({ state: 'map', kind: 'map', serializer: 'user/money', version: 2 });
    expect(state.serializers()).toContainEqual({ state: 'plain', kind: 'value', serializer: 'msgpack', version: 1 });
  });

  it('a state that the code does not ask for any more is written on as it was, and read later', () => {
    const before = backend();
    fill(before, { serializer: money });
    const between = moved(before);
    expect(between.serializers()).toEqual(before.serializers());
    expect(read(moved(between), { serializer: money })).toEqual(all);
  });

  it('a state that the code asks for before its key groups come', () => {
    const before = backend();
    fill(before, { serializer: money });
    const after = backend();
    const { value } = states({ serializer: money });
    after.value(value);
    moved(before, after);
    after.setCurrentKey('a');
    expect(after.value(value).value()).toEqual(euro(1));
    expect(read(after, { serializer: money })).toEqual(all);
  });

  it.each([{ serializer: second }, { serializer: second, ttl }])('another version is read by readVersion: %j', (to) => {
    const before = backend();
    fill(before, { ...to, serializer: money });
    const after = moved(before);
    expect(read(after, to)).toEqual(all);
    // Also where nothing changes any more: the bytes of before say the old form.
    const base = { epoch: 1, n: 900 };
    expect(written(after.snapshot(base, null)).unchanged).toEqual([]);
    expect(read(moved(after), to)).toEqual(all);
    expect(after.serializers()).toContainEqual({ state: 'value', kind: 'value', serializer: 'user/money', version: 2 });
  });

  it('deltas upon an image: of instances, and of a new version upon the old one', () => {
    for (const to of [money, second]) {
      const keys = Array.from({ length: 40 }, (_, n) => `k${n}`);
      const map = mapState<string, Money>('map', { serializer: to });
      const list = listState<Money>('list', { serializer: to });
      const before = backend();
      for (const key of ['a', 'b', 'c', 'd']) {
        before.setCurrentKey(key);
        for (const [n, each] of keys.entries())
          before.map(mapState<string, Money>('map', { serializer: money })).put(each, euro(n));
        before.list(listState<Money>('list', { serializer: money })).update([euro(1), euro(2)]);
      }
      const chains = new Map<number, Uint8Array[]>();
      const [first] = [written(before.snapshot({ epoch: 1, n: 1 }, null)).changed];
      const state = backend();
      for (const group of first) {
        state.load(imageOf(group), before.serializers());
        chains.set(group.keyGroup, [group.bytes]);
      }
      state.restored({ epoch: 1, n: 1 });
      for (const n of [2, 3]) {
        state.setCurrentKey('b');
        state.map(map).put(`k${n}`, euro(n * 100));
        state.map(map).put(`new ${n}`, euro(n));
        state.map(map).remove(`k${n + 20}`);
        state.list(list).add(euro(n * 100));
        const { changed } = written(state.snapshot({ epoch: 1, n }, baseOf(n - 1)));
        for (const { keyGroup, kind, bytes } of changed) {
          chains.set(keyGroup, kind === 'full' ? [bytes] : [...(chains.get(keyGroup) ?? []), bytes]);
        }
        // What is of another version now is written whole, and then only what changes.
        expect(changed.length).toBe(to === second && n === 2 ? chains.size : 1);
      }
      const after = backend();
      for (const [keyGroup, parts] of chains) after.load({ keyGroup, watermark: 0, parts }, state.serializers());
      for (const key of ['a', 'b', 'c', 'd']) {
        for (const each of [state, after]) each.setCurrentKey(key);
        expect(new Map(after.map(map).entries())).toEqual(new Map(state.map(map).entries()));
        expect(after.list(list).get()).toEqual(state.list(list).get());
        expect(after.map(map).get('k5')).toBeInstanceOf(Money);
      }
    }
  });

  it('a state of another version is asked for before a checkpoint is under way, or refused', () => {
    const before = backend();
    fill(before, { serializer: money });
    const after = moved(before);
    const snapshot = after.snapshot({ epoch: 1, n: 950 }, null);
    expect(() => after.value(states({ serializer: second }).value)).toThrow(refusal('SERIALIZER_LATE', 'in open'));
    snapshot.cancel();
  });

  it.each([
    [
      'another version',
      { serializer: withoutReader },
      "written by serializer 'money' version 1, and the code reads it with serializer 'money' version 2",
    ],
    ['another name', { serializer: { ...money, name: 'cash' } }, "reads it with serializer 'cash' version 1"],
    ['no serializer', {}, 'reads it with no serializer, as plain data'],
  ])('%s is refused, with both', (_, options, message) => {
    const before = backend();
    fill(before, { serializer: money });
    const after = moved(before);
    expect(() => after.value(states(options).value)).toThrow(refusal('SERIALIZER_CHANGED', message));
    const asked = backend();
    asked.value(states(options).value);
    expect(() => moved(before, asked)).toThrow(refusal('SERIALIZER_CHANGED', 'serializer'));
  });

  it('plain data of before is refused too: it is of another form', () => {
    const before = backend();
    before.setCurrentKey('a');
    before.value(valueState<string>('value')).update('EUR 1');
    expect(() => moved(before).value(states({ serializer: money }).value)).toThrow(
      refusal('SERIALIZER_CHANGED', 'was written by no serializer, as plain data'),
    );
  });

  it('what is no instance is refused at the write: of a subclass, of another class, plain', () => {
    const state = backend();
    state.setCurrentKey('a');
    const value = state.value(states({ serializer: money }).value);
    const refused = (what: string) =>
      refusal(
        'STATE_UNSUPPORTED',
        `serializer 'money' version 1 refuses a value: it takes instances of Money, and the value is ${what}`,
      );
    expect(() => value.update(new Gold(1n, 'XAU'))).toThrow(refused('an instance of Gold'));
    expect(() => value.update({ cents: 1n, currency: 'EUR' } as Money)).toThrow(refused('an object'));
    expect(() => value.update(7 as never)).toThrow(refused('7'));
  });

  it('a serializer that makes no plain data is refused, with the way to what is none', () => {
    const state = backend();
    state.setCurrentKey('a');
    const odd: ValueSerializer<Money> = { name: 'odd', version: 1, encode: () => [new Date(0)], decode: () => euro(1) };
    expect(() => state.value(valueState('value', { serializer: odd })).update(euro(1))).toThrow(
      refusal('STATE_UNSUPPORTED', "value[0] is an instance of Date of what serializer 'odd' makes of it"),
    );
  });

  it('an instance without a serializer is refused, with the way out', () => {
    const state = backend();
    state.setCurrentKey('a');
    expect(() => state.value(valueState<unknown>('value')).update({ price: euro(1) })).toThrow(
      refusal('STATE_UNSUPPORTED', 'value.price is an instance of Money; storable are strings'),
    );
    expect(() => state.list(listState<unknown>('list')).add(euro(1))).toThrow(
      refusal('STATE_UNSUPPORTED', 'see classSerializer'),
    );
  });

  it('what a serializer throws at a restore names the state', () => {
    const before = backend();
    fill(before, { serializer: money });
    const broken: ValueSerializer<Money> = { ...money, decode: () => expect.fail('no such currency') };
    expect(() => moved(before).value(states({ serializer: broken }).value)).toThrow(
      refusal(
        'STATE_UNREADABLE',
        "state 'value' of operator 'orders': serializer 'money' version 1 cannot read a value: no such",
      ),
    );
  });

  it('one state has one serializer, with a name and a version', () => {
    const state = backend();
    state.value(states({ serializer: money }).value);
    expect(() => state.value(states({ serializer: second }).value)).toThrow(
      refusal('STATE_CONFLICT', 'two serializers'),
    );
    for (const wrong of [{ name: '' }, { version: 0 }, { version: 1.5 }]) {
      expect(() => state.list(states({ serializer: { ...money, ...wrong } }).list)).toThrow(
        refusal('SERIALIZER_INVALID', "state 'list' of operator 'orders'"),
      );
    }
  });

  it('a record that is taken back leaves instances as they were', () => {
    const state = backend();
    fill(state, { serializer: money });
    state.setCurrentKey('b');
    const { value, list, map } = states({ serializer: money });
    state.begin();
    state.value(value).update(euro(100));
    state.list(list).add(euro(100));
    state.map(map).put('k', euro(100));
    state.takeBack();
    expect(read(state, { serializer: money })).toEqual(all);
  });
});

describe('serializers: operator state', () => {
  const subtask = { uid: 'orders', subtaskIndex: 0, parallelism: 1 };
  const lists = (items: readonly unknown[] = [], of = subtask): OperatorLists =>
    new OperatorLists(of, { from: items.length === 0 ? null : { epoch: 1, n: 1 }, items });
  const plain = (items: readonly unknown[]): readonly unknown[] => JSON.parse(JSON.stringify(items)) as unknown[];

  it.each(['listState', 'unionListState'] as const)('%s: instances again, also at another parallelism', (kind) => {
    const before = lists();
    before[kind]('all', { serializer: money }).update([euro(1), euro(2)]);
    const items = plain(before.snapshot());
    const same = lists(items)[kind]('all', { serializer: money }).get();
    expect(same).toEqual([euro(1), euro(2)]);
    expect(same[0]).toBeInstanceOf(Money);
    const halves = [0, 1].map((subtaskIndex) => lists(items, { ...subtask, subtaskIndex, parallelism: 2 }));
    const shares = halves.map((half) => half[kind]('all', { serializer: second }).get().length);
    expect(shares).toEqual(kind === 'listState' ? [1, 1] : [2, 2]);
  });

  it('one that the code does not ask for is written on as it was; another serializer is refused', () => {
    const before = lists();
    before.listState('all', { serializer: money }).update([euro(1)]);
    const items = plain(before.snapshot());
    expect(plain(lists(items).snapshot())).toEqual(items);
    expect(() => lists(items).listState('all')).toThrow(refusal('SERIALIZER_CHANGED', "serializer 'money' version 1"));
  });

  it('an instance without a serializer is refused at the write', () => {
    expect(() => lists().listState<unknown>('all').add(euro(1))).toThrow(
      refusal('STATE_UNSUPPORTED', "state 'all' of operator 'orders': value is an instance of Money"),
    );
  });

  it('broadcast state: instances again, kept when dropped, refused with another serializer', () => {
    const rules = mapState<string, Money>('rules', { serializer: money });
    const before = new BroadcastStates('orders', [rules as never], []);
    before.written(() => before.state(rules).put('limit', euro(7)));
    const items = plain(before.snapshot());
    const after = new BroadcastStates('orders', [rules as never], items);
    expect(after.state(rules).get('limit')?.plus(euro(1))).toEqual(euro(8));
    expect(plain(new BroadcastStates('orders', [], items).snapshot())).toEqual(items);
    expect(() => new BroadcastStates('orders', [mapState('rules') as never], items)).toThrow(
      refusal('SERIALIZER_CHANGED', "serializer 'money' version 1"),
    );
  });
});
