import type { Clock, Timer } from '../../ports/clock.js';

/** Longest delay that setTimeout takes; beyond it fires at once. */
const delayMsMax = 2_147_483_647;

/** Real time. A timer never fires before its delay has passed on `monotonicMs`, and keeps nothing of its callback once it is over. */
export const nodeClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer: (delayMs, fire) => new NodeTimer(performance.now() + delayMs, fire),
};

class NodeTimer implements Timer {
  private fire: (() => void) | null;
  private handle: NodeJS.Timeout;

  constructor(
    private readonly dueMs: number,
    fire: () => void,
  ) {
    this.fire = fire;
    this.handle = this.arm();
  }

  cancel(): void {
    clearTimeout(this.handle);
    this.fire = null;
  }

  private arm(): NodeJS.Timeout {
    const remainingMs = Math.max(0, Math.ceil(this.dueMs - performance.now()));
    return setTimeout(() => this.expire(), Math.min(remainingMs, delayMsMax));
  }

  private expire(): void {
    // setTimeout counts from the start of its turn of the loop, so it may come up to a millisecond early.
    if (performance.now() < this.dueMs) {
      this.handle = this.arm();
      return;
    }
    const { fire } = this;
    this.fire = null;
    fire?.();
  }
}
