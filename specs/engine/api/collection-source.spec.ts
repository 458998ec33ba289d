import { describe, expect, it } from 'vitest';
import type { Split } from '../../../actors/protocol/manifest.js';
import { CollectionSource } from '../../../src/api/collection-source.js';
import type { DiscoveryContext } from '../../../src/operators/source.js';

const source = new CollectionSource(['a', 'b', 'c']);

function splitsOf(collection: CollectionSource<string>): readonly Split[] {
  let found: readonly Split[] = [];
  collection.discover({} as DiscoveryContext, (result) => {
    if (result.ok) found = result.splits;
  });
  return found;
}

/** Everything a reader gives until it wants another split. */
function readAll(collection: CollectionSource<string>, splits: readonly Split[], recordsMax: number): string[] {
  const reader = collection.createReader();
  reader.addSplits(splits);
  const values: string[] = [];
  for (let polled = reader.poll(recordsMax); typeof polled !== 'string'; polled = reader.poll(recordsMax)) {
    expect(polled.timestamps).toHaveLength(polled.values.length);
    values.push(...polled.values);
  }
  return values;
}

describe('fromCollection', () => {
  it('is one split, which gives all values in order, at most so many at a time', () => {
    const splits = splitsOf(source);
    expect(splits).toHaveLength(1);
    for (const recordsMax of [1, 2, 100]) expect(readAll(source, splits, recordsMax)).toEqual(['a', 'b', 'c']);
  });

  it('goes on from a snapshot right after the last value polled', () => {
    for (let polls = 0; polls <= 3; polls++) {
      const reader = source.createReader();
      reader.addSplits(splitsOf(source));
      const before: string[] = [];
      for (let n = 0; n < polls; n++) {
        const polled = reader.poll(1);
        if (typeof polled !== 'string') before.push(...polled.values);
      }
      const after = readAll(source, JSON.parse(JSON.stringify(reader.snapshot())) as Split[], 2);
      expect([...before, ...after]).toEqual(['a', 'b', 'c']);
    }
  });

  it('says which split it reads, and when it has ended; left out it waits', () => {
    const reader = source.createReader();
    reader.addSplits(splitsOf(source));
    expect(reader.poll(2)).toMatchObject({ split: 'all', endsSplit: false });
    reader.leaveOut(new Set(['all']));
    expect(reader.poll(2)).toBe('idle');
    reader.leaveOut(new Set());
    expect(reader.poll(2)).toMatchObject({ values: ['c'], split: 'all', endsSplit: true });
    reader.leaveOut(new Set(['all']));
    expect(reader.poll(2)).toBe('needsSplit');
  });

  it('asks for a split as long as there may be one, and ends after that', () => {
    const reader = source.createReader();
    expect(reader.poll(1)).toBe('needsSplit');
    reader.noMoreSplits();
    expect(reader.poll(1)).toBe('finished');
    const empty = new CollectionSource<string>([]);
    expect(readAll(empty, splitsOf(empty), 1)).toEqual([]);
  });
});
