import type { Split } from '../../../actors/protocol/manifest.js';

/** One split of a generator: the indices `lane`, `lane + lanes`, `lane + 2 * lanes`, … of which `next` comes next. */
export interface Lane {
  readonly id: string;
  readonly lanes: number;
  next: number;
}

export function lanesOf(lanes: number, count: number | null): Split[] {
  const splits: Split[] = [];
  for (let lane = 0; lane < lanes && (count === null || lane < count); lane += 1) {
    splits.push(splitOf({ id: `lane-${lane}`, lanes, next: lane }));
  }
  return splits;
}

export const splitOf = ({ id, lanes, next }: Lane): Split => ({ id, data: { lanes, next } });

/** Null when the data is none that a generator has written. */
export function laneOf({ id, data }: Split): Lane | null {
  if (typeof data !== 'object' || data === null || !('lanes' in data) || !('next' in data)) return null;
  const { lanes, next } = data;
  if (!Number.isSafeInteger(lanes) || !Number.isSafeInteger(next)) return null;
  return { id, lanes: lanes as number, next: next as number };
}
