import type { Clock, Timer } from '../../ports/clock.js';

/** Longest delay that setTimeout takes; beyond it fires at once. */
const delayMsMax = 2_147_483_647;

function createNodeClock(): Clock {
  /** Timers that Node gave too early, and that wait for what was left. Nearly always empty. */
  const early = new Set<NodeTimer>();
  return {
    monotonicMs: () => performance.now(),
    wallMs: () => Date.now(),
    setTimer: (delayMs, fire) => new NodeTimer(performance.now() + delayMs, fire, early),
  };
}

class NodeTimer implements Timer {
  private fire: (() => void) | null;
  private handle: NodeJS.Timeout;

  constructor(
    private readonly dueMs: number,
    fire: () => void,
    private readonly early: Set<NodeTimer>,
  ) {
    this.fire = fire;
    this.handle = this.arm();
  }

  cancel(): void {
    clearTimeout(this.handle);
    this.early.delete(this);
    this.fire = null;
  }

  private arm(): NodeJS.Timeout {
    const remainingMs = Math.max(0, Math.ceil(this.dueMs - performance.now()));
    return setTimeout(() => this.expire(), Math.min(remainingMs, delayMsMax));
  }

  private expire(): void {
    // setTimeout counts from the start of its turn of the loop, so it may come up to a millisecond early.
    if (performance.now() < this.dueMs) {
      this.early.add(this);
      this.handle = this.arm();
      return;
    }
    // The time of one that came early may have passed since: it was due sooner, and may want to cancel this one.
    for (const other of this.early) if (other.dueMs <= this.dueMs) other.finish();
    this.finish();
  }

  private finish(): void {
    const { fire } = this;
    this.cancel();
    fire?.();
  }
}

/** Real time. A timer never fires before its delay has passed on `monotonicMs`, nor before one of the same delay that was set sooner, and keeps nothing of its callback once it is over. */
export const nodeClock: Clock = createNodeClock();
