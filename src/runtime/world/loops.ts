import type { Loop, Loops, Turn } from '../../ports/clock.js';

/** How long turns go on before messages, timers and completions get theirs. */
const yieldAfterMs = 1;
const turnRecordsMax = 1_024;

/**
 * Loops that yield by setImmediate after about 1 ms of turns, so that whatever else this thread has to do comes in between. Where records
 * take long, a turn gets fewer of them: what is written to disk in this thread needs a dozen yields before it is durable. A turn that throws ends its loop, and the error is uncaught: it ends the thread.
 */
export const nodeLoops: Loops = { create: (turn) => new NodeLoop(turn) };

class NodeLoop implements Loop {
  private due: NodeJS.Immediate | null = null;
  private woken = false;
  private stopped = false;
  /** So many as a turn has time for. */
  private recordsMax = turnRecordsMax;

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
    let nowMs = performance.now();
    const yieldAtMs = nowMs + yieldAfterMs;
    let wanted: boolean;
    do {
      const beganMs = nowMs;
      // Whoever wakes during a turn has something that the turn may have looked for too early.
      this.woken = false;
      wanted = this.turn(this.recordsMax) === 'more' || this.woken;
      nowMs = performance.now();
      this.measure(nowMs - beganMs);
    } while (wanted && !this.stopped && nowMs < yieldAtMs);
    this.due = wanted && !this.stopped ? setImmediate(this.run) : null;
  };

  private measure(turnMs: number): void {
    if (turnMs > yieldAfterMs) this.recordsMax = Math.max(1, this.recordsMax >> 1);
    else if (turnMs < yieldAfterMs / 4) this.recordsMax = Math.min(turnRecordsMax, this.recordsMax * 2);
  }
}
