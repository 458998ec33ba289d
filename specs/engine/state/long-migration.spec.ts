import { describe, expect, it } from 'vitest';
import { objectSerializer } from 'weirflow';
import { listState, mapState } from '../../../src/state/descriptors.js';
import { createHeapState } from '../../../src/state/heap/heap-state.js';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';
import type { ValueSerializer } from '../../../src/state/value-serializer.js';
import { createTestedState } from './tested-state.js';
import { baseOf, imageOf, written } from './written.js';

interface First {
  readonly minutes: number;
}
interface Second extends First {
  readonly carrier: string;
}
interface Third extends Second {
  readonly gate: string;
}
type Delay = First & Partial<Third>;
type By = ValueSerializer<Delay> | null;

const carrier = { kind: 'string', default: 'none' } as const;
const gate = { kind: 'string', default: 'A1' } as const;
const first = objectSerializer<First>({ name: 'delay', fields: { minutes: 'number' } }) as By;
const second = objectSerializer<Second>({ name: 'delay', version: 2, fields: { minutes: 'number', carrier } }) as By;
const third = objectSerializer<Third>({
  name: 'delay',
  version: 3,
  fields: { minutes: 'number', carrier, gate },
}) as By;

const options = { operator: 'delays', maxParallelism: 4, range: { first: 0, last: 3 }, development: true };
const tested = (): KeyedStateBackend => createTestedState(options);
const heap = (): KeyedStateBackend => createHeapState(options);

const states = (by: By) => {
  const serializer = by === null ? {} : { serializer: by };
  return { list: listState<Delay>('list', serializer), map: mapState<string, Delay>('map', serializer) };
};

/** Far more than stand in one record of the disk: some chunks each. */
const numbers = Array.from({ length: 500 }, (_, n) => n);
const keys = ['a', 'b', 'c', 'd', 'e'];

/** One that holds both states of all keys, as `by` has them. */
function filled(state: KeyedStateBackend, by: By): KeyedStateBackend {
  const { list, map } = states(by);
  for (const key of keys) {
    state.setCurrentKey(key);
    state.list(list).update(numbers.map((minutes) => ({ minutes })));
    for (const minutes of numbers) state.map(map).put(`k${minutes}`, { minutes });
  }
  return state;
}

let checkpoints = 0;

/** What a checkpoint of `from` restores; its states are asked for before, or after. */
function moved(from: KeyedStateBackend, to: KeyedStateBackend, by: By, early = false): KeyedStateBackend {
  checkpoints += 1;
  if (early) ask(to, by);
  const identities = JSON.parse(JSON.stringify(from.serializers()));
  for (const group of written(from.fullSnapshot()).changed) to.load(imageOf(group), identities);
  to.restored({ epoch: 1, n: checkpoints });
  ask(to, by);
  return to;
}

function ask(state: KeyedStateBackend, by: By): void {
  const { list, map } = states(by);
  state.list(list);
  state.map(map);
}

function read(state: KeyedStateBackend, by: By, key: string): { list: readonly Delay[]; map: [string, Delay][] } {
  const { list, map } = states(by);
  state.setCurrentKey(key);
  return { list: [...state.list(list).get()], map: [...state.map(map).entries()] as [string, Delay][] };
}

const asRead = (more: object) => ({
  list: numbers.map((minutes) => ({ minutes, ...more })),
  map: numbers.map((minutes) => [`k${minutes}`, { minutes, ...more }]),
});

describe('long lists and maps: another version of their serializer', () => {
  it.each([
    { what: 'the next version', from: first, to: second, more: { carrier: 'none' }, early: false },
    { what: 'the next version, asked for before', from: first, to: second, more: { carrier: 'none' }, early: true },
    { what: 'plain data of before', from: null, to: second, more: { carrier: 'none' }, early: false },
    { what: 'the same version', from: first, to: first, more: {}, early: false },
  ])('$what: read, changed here and there, and written in the new one only', ({ from, to, more, early }) => {
    const state = moved(filled(tested(), from), tested(), to, early);
    for (const key of keys) expect(read(state, to, key)).toEqual(asRead(more));

    // Elements of one list from now on stand in chunks of both versions.
    const { list, map } = states(to);
    const changed = to === first ? {} : { carrier: 'KL' };
    state.setCurrentKey('b');
    state.list(list).add({ minutes: 500, ...changed });
    state.map(map).put('k7', { minutes: 77, ...changed });
    state.map(map).put('new', { minutes: 8, ...changed });
    state.map(map).remove('k9');
    const expected = new Map(keys.map((key) => [key, read(state, to, key)]));
    expect(expected.get('b')?.list.at(-1)).toEqual({ minutes: 500, ...changed });
    expect(expected.get('b')?.map).toHaveLength(500);
    expect(expected.get('b')?.map[7]).toEqual(['k7', { minutes: 77, ...changed }]);

    // On this backend again, and on the heap; and a second migration on top of the first.
    for (const after of [moved(state, tested(), to), moved(state, heap(), to)])
      for (const key of keys) expect(read(after, to, key)).toEqual(expected.get(key));
    if (to === second) {
      const later = moved(state, tested(), third);
      expect(read(later, third, 'a')).toEqual(asRead({ carrier: 'none', gate: 'A1' }));
      expect(read(later, third, 'b').list.at(-1)).toEqual({ minutes: 500, carrier: 'KL', gate: 'A1' });
    }
  });

  it('what nobody touches: written in the new version by the next checkpoint, and once', () => {
    const before = filled(heap(), first);
    const images = new Map(written(before.fullSnapshot()).changed.map((part) => [part.keyGroup, part.bytes]));
    const state = moved(before, tested(), second);
    const base = checkpoints;
    const snapshot = written(state.snapshot({ epoch: 1, n: base + 1 }, baseOf(base)));
    expect(snapshot.unchanged).toEqual([]);
    const next = tested();
    for (const { keyGroup, watermark, kind, bytes } of snapshot.changed) {
      const image = images.get(keyGroup) as Uint8Array;
      next.load({ keyGroup, watermark, parts: kind === 'full' ? [bytes] : [image, bytes] }, state.serializers());
    }
    ask(next, second);
    for (const key of keys) expect(read(next, second, key)).toEqual(asRead({ carrier: 'none' }));
    checkpoints += 1;
    expect(written(state.snapshot({ epoch: 1, n: base + 2 }, baseOf(base + 1))).changed).toEqual([]);
    checkpoints += 1;
  });

  it('a value that the new version cannot read: refused with the state and the serializer', () => {
    const broken: ValueSerializer<Delay> = {
      ...{ name: 'delay', version: 2, encode: (value: Delay) => value, decode: (data: unknown) => data as Delay },
      readVersion: () => {
        throw new Error('no minutes');
      },
    };
    const refused = expect.objectContaining({
      code: 'STATE_UNREADABLE',
      message: expect.stringContaining("state 'list' of operator 'delays': serializer 'delay' version 2"),
    });
    expect(() => read(moved(filled(tested(), first), tested(), broken), broken, 'a')).toThrow(refused);
    expect(() => written(moved(filled(tested(), first), tested(), broken).fullSnapshot())).toThrow(
      expect.objectContaining({ code: 'STATE_UNREADABLE' }),
    );
  });
});
