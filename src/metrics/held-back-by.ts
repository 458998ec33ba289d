import type { InputTime } from '../ports/subtask-counts.js';

export interface Holder {
  readonly input: string;
  readonly heldBackBy: string;
  readonly watermarkMs: number | null;
}

/** The input that has the least watermark of those that count, and who has it; null when none counts. */
export function holderOf(inputTimes: readonly InputTime[]): Holder | null {
  let least: Holder | null = null;
  let leastMs = Number.POSITIVE_INFINITY;
  for (const { input, heldBackBy, watermarkMs } of inputTimes) {
    const atMs = watermarkMs ?? Number.NEGATIVE_INFINITY;
    if (heldBackBy === null || (least !== null && atMs >= leastMs)) continue;
    least = { input, heldBackBy, watermarkMs };
    leastMs = atMs;
  }
  return least;
}
