import { describe, expect, it } from 'vitest';
import { FieldNames } from '../../../src/state/field-names.js';
import { ValueReader } from '../../../src/state/value-reader.js';
import { ValueWriter } from '../../../src/state/value-writer.js';

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'utf8');

describe('state: names of fields that were read before', () => {
  it('field names: kept once, found by their bytes, anywhere in them', () => {
    const names = new FieldNames();
    expect(names.get(bytesOf('count'), 0, 5)).toBeNull();
    expect(names.keep('count')).toBe('count');
    expect(names.get(bytesOf('xxcountxx'), 2, 5)).toBe('count');
    expect(names.get(bytesOf('countx'), 0, 6)).toBeNull();
  });

  it('field names: units beyond ASCII could be the bytes of another name, so they are not kept', () => {
    const names = new FieldNames();
    expect(names.keep('Ã©')).toBe('Ã©');
    expect(names.get(bytesOf('é'), 0, 2)).toBeNull();
  });

  it('field names: more names than there are places, each object reads as it was written', () => {
    const writer = new ValueWriter();
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 3_000; n += 1) {
        const value = {
          [`field-${n}`]: n,
          [`é${n}`]: 'Ã©',
          'a name of more than thirty-one bytes': n,
          __proto: 1,
          '': n,
        };
        writer.clear();
        writer.write(value);
        expect(new ValueReader(writer.copy()).read()).toEqual(value);
      }
    }
  });
});
