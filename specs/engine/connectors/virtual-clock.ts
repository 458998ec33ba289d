import type { Clock } from '../../../src/ports/clock.js';
import { EventQueue } from '../../../src/simulation/event-queue.js';

/** A clock whose time passes when the spec says so. */
export class VirtualClock implements Clock {
  private readonly events = new EventQueue();
  private nowMs = 0;

  monotonicMs(): number {
    return this.nowMs;
  }

  wallMs(): number {
    return this.nowMs;
  }

  setTimer(delayMs: number, fire: () => void): { cancel(): void } {
    const event = this.events.add(this.nowMs + delayMs, fire);
    return {
      cancel: () => {
        event.run = null;
      },
    };
  }

  /** Fires what is due within `durationMs`, each at its time. */
  pass(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    const wall = this.events.add(untilMs, () => undefined);
    for (let event = this.events.next(); event !== undefined; event = this.events.next()) {
      this.nowMs = event.atMs;
      event.run?.();
      if (event === wall) return;
    }
  }
}
