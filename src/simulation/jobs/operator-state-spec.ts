import type { Random } from '../random.js';

/** Keeps up to `capacity` records for each subtask in operator state, and counts there what has come. In the place of a map: chained to what stands before it. */
export interface HoldStageSpec {
  readonly kind: 'hold';
  readonly capacity: number;
  readonly state: 'list' | 'union';
}

/** About half of the records are broadcast, and noted in the broadcast state of every subtask. */
export interface NotesStageSpec {
  readonly kind: 'notes';
  readonly parallelism: number;
}

/** How the sources of a job wait for each other in event time. */
export interface AlignmentSpec {
  readonly maxDriftMs: number;
  readonly updateIntervalMs: number;
}

export const drawHold = (random: Random): HoldStageSpec => ({
  kind: 'hold',
  capacity: random.integer(1, 5),
  state: random.chance(0.5) ? 'list' : 'union',
});

export const drawAlignment = (random: Random): AlignmentSpec => ({
  maxDriftMs: random.pick([0, 0, 5, 20, 80]),
  updateIntervalMs: random.integer(10, 80),
});
