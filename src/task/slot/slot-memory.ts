import type { MemoryUse } from '../../ports/subtask-counts.js';

/** What the subtasks of a slot need memory for. */
export interface MemoryNeeds {
  /** Operators whose keyed state is cached and written back. */
  readonly cachedOperators: number;
  /** Channels that enter the slot, and what one of them may hold of its window. */
  readonly inputs: number;
  readonly frameBytes: number;
  readonly windowFrames: number;
}

export interface SlotBudget {
  readonly cachedOperators: number;
  /** Of each operator whose state is cached. */
  readonly operatorStateBytes: number;
  readonly stateBytes: number;
  readonly channelsBytes: number;
  /** How many frames a channel may hold, so that all of them have room. */
  readonly windowFrames: number;
  readonly outputBytes: number;
  readonly snapshotBytes: number;
}

/**
 * Shares out the memory of a slot: half to caches of state, where there are any, evenly by operator; of the rest at most half to channels, whose windows shrink to
 * what there is; what is left evenly to output beyond credit and to snapshots. Null when a channel could not hold a single frame.
 */
export function slotBudget(memoryBytes: number, needs: MemoryNeeds): SlotBudget | null {
  const { cachedOperators, inputs, frameBytes } = needs;
  const stateBytes = cachedOperators === 0 ? 0 : Math.floor(memoryBytes / 2);
  const rest = memoryBytes - stateBytes;
  const windowFrames = Math.min(needs.windowFrames, Math.floor(rest / 2 / Math.max(1, inputs * frameBytes)));
  if (windowFrames < 1) return null;
  const channelsBytes = inputs * frameBytes * windowFrames;
  const half = Math.floor((rest - channelsBytes) / 2);
  const operatorStateBytes = Math.floor(stateBytes / Math.max(1, cachedOperators));
  const state = { cachedOperators, operatorStateBytes, stateBytes };
  return { ...state, channelsBytes, windowFrames, outputBytes: half, snapshotBytes: half };
}

/** The least memory with which `slotBudget` finds room for every channel. */
export function leastMemory({ cachedOperators, inputs, frameBytes }: MemoryNeeds): number {
  return inputs * frameBytes * (cachedOperators === 0 ? 2 : 4);
}

/** Memory that the subtasks of a slot share for one purpose. It counts and holds nothing: who takes it asks first, or says when it is over. */
export class MemoryShare {
  usedBytes = 0;

  constructor(readonly budgetBytes: number) {}

  get isFull(): boolean {
    return this.usedBytes > 0 && this.usedBytes >= this.budgetBytes;
  }

  get isOver(): boolean {
    return this.usedBytes > this.budgetBytes;
  }

  take(bytes: number): void {
    this.usedBytes += bytes;
  }

  release(bytes: number): void {
    this.usedBytes -= bytes;
  }
}

/** The account of a slot, by purpose. */
export class SlotMemory {
  readonly output: MemoryShare;
  readonly snapshots: MemoryShare;

  private constructor(readonly budget: SlotBudget) {
    this.output = new MemoryShare(budget.outputBytes);
    this.snapshots = new MemoryShare(budget.snapshotBytes);
  }

  /** Null as `slotBudget` has it. */
  static of(memoryBytes: number, needs: MemoryNeeds): SlotMemory | null {
    const budget = slotBudget(memoryBytes, needs);
    return budget === null ? null : new SlotMemory(budget);
  }

  /** `held`: what caches and channels hold now, which they count themselves. */
  uses(held: { readonly stateBytes: number; readonly channelsBytes: number }): readonly MemoryUse[] {
    const { budget, output, snapshots } = this;
    return [
      { purpose: 'state', usedBytes: held.stateBytes, budgetBytes: budget.stateBytes },
      { purpose: 'channels', usedBytes: held.channelsBytes, budgetBytes: budget.channelsBytes },
      { purpose: 'output', usedBytes: output.usedBytes, budgetBytes: output.budgetBytes },
      { purpose: 'snapshots', usedBytes: snapshots.usedBytes, budgetBytes: snapshots.budgetBytes },
    ];
  }
}
