import type { Choices, FaultRates } from './choices.js';
import { EventQueue } from './event-queue.js';

export interface WorldOptions {
  readonly choices: Choices;
  readonly rates: FaultRates;
  /** Deviations come from a list: every choice is asked, whatever its rate. */
  readonly replaying: boolean;
  /** Records (or messages, for an actor host) that one turn of a loop works on. */
  readonly turnRecordsMax: number;
}

/** Virtual time and the one queue of everything that is going to happen. Nothing in a simulation knows another clock. */
export class SimWorld {
  nowMs = 0;
  events = 0;
  readonly queue = new EventQueue();
  /** Of user code, neither settled nor known to be: whose they are. */
  readonly promises = new Set<{ readonly label: string }>();
  readonly choices: Choices;
  readonly rates: FaultRates;
  readonly replaying: boolean;
  readonly turnRecordsMax: number;

  constructor({ choices, rates, replaying, turnRecordsMax }: WorldOptions) {
    this.choices = choices;
    this.rates = rates;
    this.replaying = replaying;
    this.turnRecordsMax = turnRecordsMax;
  }

  /** Lets the next thing happen. False when nothing is left to happen. */
  step(): boolean {
    const event = this.queue.next();
    if (event === undefined) return false;
    this.nowMs = event.atMs;
    this.events += 1;
    event.run?.();
    return true;
  }

  at(atMs: number, run: () => void): void {
    this.queue.add(Math.max(this.nowMs, atMs), run);
  }
}
