import { describe, expect, it } from 'vitest';
import { deepFreeze } from '../../../src/state/deep-freeze.js';

describe('deepFreeze', () => {
  it('freezes plain data to its leaves', () => {
    const value = deepFreeze({ list: [{ a: 1 }], text: 'x', none: null });
    expect(() => Object.assign(value.list[0] as object, { a: 2 })).toThrow(TypeError);
    expect(() => value.list.push({ a: 3 })).toThrow(TypeError);
  });

  it('leaves bytes changeable, which cannot be frozen', () => {
    const value = deepFreeze({ bytes: Uint8Array.of(1) });
    expect(Object.isFrozen(value)).toBe(true);
    expect(value.bytes[0]).toBe(1);
  });

  it('does not look into what is frozen already', () => {
    const inner = { a: 1 };
    deepFreeze(Object.freeze({ inner }));
    expect(Object.isFrozen(inner)).toBe(false);
  });
});
