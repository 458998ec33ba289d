import { describe, expect, it } from 'vitest';
import { jsonText, valueOfJson } from 'weirflow/state';

describe('stored values as JSON', () => {
  it('come back as they were, also those that JSON does not know', () => {
    const value = {
      big: 12n,
      bytes: Uint8Array.of(1, 2),
      gone: undefined,
      nan: Number.NaN,
      zero: -0,
      $odd: { $bigint: 'x' },
      list: [1, null],
    };
    expect(valueOfJson(jsonText(value))).toEqual(value);
    expect(jsonText({ a: 1n })).toBe('{"a":{"$bigint":"1"}}');
  });

  it('what is none is refused with what to type', () => {
    expect(() => valueOfJson('ATL')).toThrow('A text stands in double quotes.');
    expect(() => valueOfJson('{"$bigint":1}')).toThrow('stands for no value');
  });
});
