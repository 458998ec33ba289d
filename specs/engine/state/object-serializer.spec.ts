import { describe, expect, it } from 'vitest';
import { objectSerializer } from 'weirflow';
import { valueState } from '../../../src/state/descriptors.js';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';
import type { ValueSerializer } from '../../../src/state/value-serializer.js';
import { createTestedState } from './tested-state.js';
import { imageOf, written } from './written.js';

interface First {
  readonly count: number;
  readonly mean: number;
}
const first = objectSerializer<First>({ name: 'totals', fields: { count: 'number', mean: 'number' } });

interface Second {
  readonly count: number;
  readonly worst: number;
  readonly note?: string;
}
const second = objectSerializer<Second>({
  name: 'totals',
  version: 2,
  fields: { count: 'number', worst: { kind: 'number', default: 0 }, note: { kind: 'string', optional: true } },
  removed: ['mean'],
});

const heap = (): KeyedStateBackend =>
  createTestedState({ operator: 'delays', maxParallelism: 1, range: { first: 0, last: 0 }, development: true });

/** One value, written by one version and read by another one; asked for before it is restored, or after. */
function through(
  value: unknown,
  by: ValueSerializer<unknown> | null,
  reads: ValueSerializer<unknown>,
  early = true,
): unknown {
  const before = heap();
  before.setCurrentKey('k');
  before.value(valueState<unknown>('totals', by === null ? {} : { serializer: by })).update(value);
  const [part] = written(before.fullSnapshot()).changed;
  if (part === undefined) throw new Error('nothing was written');
  const after = heap();
  const descriptor = valueState<unknown>('totals', { serializer: reads });
  if (early) after.value(descriptor);
  after.load(imageOf(part), JSON.parse(JSON.stringify(before.serializers())));
  after.restored({ epoch: 1, n: 1 });
  const state = after.value(descriptor);
  after.setCurrentKey('k');
  return state.value();
}

describe('object serializer: fields over versions', () => {
  it.each([true, false])('added with a default, optional, and removed by name (asked for early: %s)', (early) => {
    expect(through({ count: 3, mean: 2 }, first, second, early)).toEqual({ count: 3, worst: 0 });
    expect(through({ count: 3, worst: 1, note: 'x' }, second, second, early)).toEqual({
      count: 3,
      worst: 1,
      note: 'x',
    });
  });

  it('what was plain data before it had a serializer is read too, field by field', () => {
    expect(through({ count: 3, mean: 2 }, null, second)).toEqual({ count: 3, worst: 0 });
    expect(() => through({ count: 'three' }, null, second)).toThrow(
      "field 'count' is number, and the value has a string there",
    );
    expect(() => through(3, null, second)).toThrow("state 'totals' of operator 'delays'");
  });

  it.each([
    {
      what: 'a field without a default',
      by: objectSerializer<Pick<Second, 'count'> & { more: number }>({
        name: 'totals',
        version: 2,
        fields: { count: 'number', more: 'number' },
        removed: ['mean'],
      }),
      says: "field 'more' of version 2 is not in version 1; give it a default",
    },
    {
      what: 'a field that is gone and not named, which may have been renamed',
      by: objectSerializer<{ count: number; average: number }>({
        name: 'totals',
        version: 2,
        fields: { count: 'number', average: { kind: 'number', default: 0 } },
      }),
      says: "field 'mean' of version 1 is not in version 2; name it in removed",
    },
    {
      what: 'another kind',
      by: objectSerializer<{ count: bigint; mean: number }>({
        name: 'totals',
        version: 2,
        fields: { count: 'bigint', mean: 'number' },
      }),
      says: "field 'count' is number in version 1 and bigint in version 2; give the serializer a migrate",
    },
    {
      what: 'other fields under the same version',
      by: objectSerializer<{ count: number }>({ name: 'totals', fields: { count: 'number' }, removed: ['mean'] }),
      says: "field 'mean' changed, and the version is 1 as before; raise the version too",
    },
  ])('refused before a value is read: $what', ({ by, says }) => {
    for (const early of [true, false]) {
      expect(() => through({ count: 3, mean: 2 }, first, by, early)).toThrow(says);
      expect(() => through({ count: 3, mean: 2 }, first, by, early)).toThrow(
        "state 'totals' of operator 'delays' was written by serializer 'totals' version 1",
      );
    }
  });

  it('a later version is refused, and a migrate decides over all older ones', () => {
    expect(() => through({ count: 1, worst: 2 }, second, first)).toThrow(
      'version 2 is later than version 1 of the code',
    );
    const third = objectSerializer<{ flights: bigint }>({
      name: 'totals',
      version: 3,
      fields: { flights: 'bigint' },
      migrate: ({ count }, fromVersion) => ({ flights: BigInt(Number(count) * 10 + fromVersion) }),
    });
    expect(through({ count: 3, mean: 2 }, first, third)).toEqual({ flights: 31n });
    expect(through({ count: 3, worst: 2 }, second, third)).toEqual({ flights: 32n });
    expect(through({ count: 3 }, null, third)).toEqual({ flights: 30n });
  });

  it('values of other fields are refused when they are written', () => {
    const state = heap();
    state.setCurrentKey('k');
    const totals = state.value(valueState<First>('totals', { serializer: first }));
    expect(() => totals.update({ count: 1, mean: 2, more: 3 } as First)).toThrow("it does not know the field 'more'");
    expect(() => totals.update({ count: 1 } as First)).toThrow(
      "field 'mean' is number, and the value has undefined there",
    );
  });
});
