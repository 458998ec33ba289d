import type { RunResult } from './one-run.js';
import type { Block } from './worker.js';

/** So few that workers end at about the same time, and that what is told in order is not told late. */
const blockSeeds = 8;

/** Deals seeds out in blocks and puts what comes back in their order, so that any number of workers reports what one would. */
export class Seeds {
  private dealt: number;
  private told: number;
  private readonly early = new Map<number, RunResult>();

  constructor(
    first: number,
    private end: number,
  ) {
    this.dealt = first;
    this.told = first;
  }

  /** Null when none is left. */
  next(): Block | null {
    if (this.dealt >= this.end) return null;
    const first = this.dealt;
    this.dealt = Math.min(first + blockSeeds, this.end);
    return { first, end: this.dealt };
  }

  /** Nothing beyond this seed is dealt out any more. */
  endAfter(seed: number): void {
    this.end = Math.min(this.end, seed + 1);
  }

  dealNoMore(): void {
    this.end = this.dealt;
  }

  /** What is in order with this result: none as long as one before it is still out. */
  back(result: RunResult): readonly RunResult[] {
    this.early.set(result.seed, result);
    const inOrder: RunResult[] = [];
    for (let next = this.early.get(this.told); next !== undefined; next = this.early.get(this.told)) {
      this.early.delete(this.told);
      this.told += 1;
      inOrder.push(next);
    }
    return inOrder;
  }

  /** What came back although one before it did not: for an end before the end. */
  rest(): readonly RunResult[] {
    return [...this.early.values()].sort((a, b) => a.seed - b.seed);
  }
}
