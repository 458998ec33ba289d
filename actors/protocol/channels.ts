import type { Partitioner } from './job-graph.js';

/** Subtasks by their index, both ends included. */
export interface IndexRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The subtasks at the other end of an edge that the `index`-th of `own` is connected with; the same in both directions. `forward` joins equal indexes,
 * `rescale` each of the fewer with an equal share of the more, every other partitioner each with each.
 */
export function peersOf(partitioner: Partitioner, index: number, own: number, others: number): IndexRange {
  if (partitioner === 'forward') return { first: index, last: index };
  if (partitioner !== 'rescale') return { first: 0, last: others - 1 };
  if (own >= others) {
    const peer = Math.floor((index * others) / own);
    return { first: peer, last: peer };
  }
  return { first: Math.ceil((index * others) / own), last: Math.ceil(((index + 1) * others) / own) - 1 };
}
