import type { Loop, Loops, Turn } from '../../ports/clock.js';

/** How long turns go on before messages, timers and completions get theirs. */
const yieldAfterMs = 1;
const turnRecordsMax = 1_024;

/**
 * Loops that yield by setImmediate after about 1 ms of turns, so that whatever else this thread has to do comes in between. A turn
 * that throws ends its loop, and the error is uncaught: it ends the thread.
 */
export const nodeLoops: Loops = { create: (turn) => new NodeLoop(turn) };

class NodeLoop implements Loop {
  private due: NodeJS.Immediate | null = null;
  private woken = false;
  private stopped = false;

  constructor(private readonly turn: (recordsMax: number) => Turn) {}

  wake(): void {
    this.woken = true;
    if (this.due === null && !this.stopped) this.due = setImmediate(this.run);
  }

  stop(): void {
    this.stopped = true;
    if (this.due !== null) clearImmediate(this.due);
    this.due = null;
  }

  private readonly run = (): void => {
    const yieldAtMs = performance.now() + yieldAfterMs;
    let wanted: boolean;
    do {
      // Whoever wakes during a turn has something that the turn may have looked for too early.
      this.woken = false;
      wanted = this.turn(turnRecordsMax) === 'more' || this.woken;
    } while (wanted && !this.stopped && performance.now() < yieldAtMs);
    this.due = wanted && !this.stopped ? setImmediate(this.run) : null;
  };
}
