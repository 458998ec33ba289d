import { describe, expect, it } from 'vitest';
import { peersOf } from '../../actors/protocol/channels.js';

const peers = (partitioner: 'rescale' | 'forward' | 'hash', own: number, others: number): number[][] =>
  Array.from({ length: own }, (_, index) => {
    const { first, last } = peersOf(partitioner, index, own, others);
    return Array.from({ length: last - first + 1 }, (_each, at) => first + at);
  });

describe('which subtasks an edge connects', () => {
  it('forward joins equal indexes, others each with each', () => {
    expect(peers('forward', 2, 2)).toEqual([[0], [1]]);
    expect(peers('hash', 2, 3)).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  it('rescale gives each of the fewer an equal share of the more', () => {
    expect(peers('rescale', 2, 4)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(peers('rescale', 4, 2)).toEqual([[0], [0], [1], [1]]);
    expect(peers('rescale', 3, 3)).toEqual([[0], [1], [2]]);
  });

  it('rescale is the same seen from either side, whatever the parallelisms', () => {
    for (let own = 1; own <= 12; own++) {
      for (let others = 1; others <= 12; others++) {
        const here = peers('rescale', own, others).flatMap((to, from) => to.map((each) => `${from}-${each}`));
        const there = peers('rescale', others, own).flatMap((from, to) => from.map((each) => `${each}-${to}`));
        expect(here.sort()).toEqual(there.sort());
        expect(here).toHaveLength(Math.max(own, others));
      }
    }
  });
});
