import { failure } from '../../../actors/kernel/failure.js';
import { EngineError } from '../../api/engine-error.js';
import type { Clock, Loop, Loops, Turn } from '../../ports/clock.js';
import { EventQueue } from '../event-queue.js';

/** So many things in a row at one moment, and it is not coming to rest. */
const happeningsMax = 5_000_000;

interface HarnessLoop extends Loop {
  isDue(): boolean;
  run(recordsMax: number): void;
}

/**
 * The time of a harness: it stands still until it is told to pass. Whatever happens is a queued call, a turn of a slot or a timer that is due, one after
 * the other in an order that follows from the calls alone.
 */
export class HarnessTime {
  nowMs: number;
  /** How many records a slot takes before another has its turn. */
  turnRecordsMax = 1_024;
  private readonly events = new EventQueue();
  private queued: (() => void)[] = [];
  private readonly open = new Set<HarnessLoop>();

  readonly clock: Clock = {
    monotonicMs: () => this.nowMs,
    wallMs: () => this.nowMs,
    setTimer: (delayMs, fire) => {
      const event = this.events.add(this.nowMs + Math.max(0, delayMs), fire);
      return {
        cancel: () => {
          event.run = null;
        },
      };
    },
  };

  readonly loops: Loops = { create: (turn) => this.createLoop(turn) };

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  /** Runs it later, in order: as soon as what runs now is over. */
  readonly later = (run: () => void): void => {
    this.queued.push(run);
  };

  /** Lets everything happen that can without time passing. */
  settle(): void {
    for (let happenings = 0; happenings < happeningsMax; happenings++) {
      if (!this.runQueued() && !this.runLoops() && !this.runDue()) return;
    }
    const message = `The pipeline does not come to rest at ${this.nowMs}: it works on and on without new input. Look for a flatMap without an end.`;
    throw new EngineError(failure('HARNESS_RESTLESS', 'user', message, 'never'));
  }

  /** Lets time pass; what is due meanwhile happens at its moment. */
  pass(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    this.settle();
    for (let dueMs = this.events.earliestMs(); dueMs <= untilMs; dueMs = this.events.earliestMs()) {
      this.nowMs = dueMs;
      this.settle();
    }
    this.nowMs = untilMs;
  }

  private runQueued(): boolean {
    const { queued } = this;
    if (queued.length === 0) return false;
    this.queued = [];
    for (const run of queued) run();
    return true;
  }

  private runLoops(): boolean {
    let ran = false;
    for (const loop of [...this.open]) {
      if (!loop.isDue()) continue;
      loop.run(this.turnRecordsMax);
      ran = true;
    }
    return ran;
  }

  private runDue(): boolean {
    if (this.events.earliestMs() > this.nowMs) return false;
    this.events.next()?.run?.();
    return true;
  }

  private createLoop(turn: (recordsMax: number) => Turn): Loop {
    let due = false;
    const loop: HarnessLoop = {
      isDue: () => due,
      run: (recordsMax) => {
        due = false;
        if (turn(recordsMax) === 'more') due = true;
      },
      wake: () => {
        due = true;
      },
      stop: () => {
        due = false;
        this.open.delete(loop);
      },
    };
    this.open.add(loop);
    return loop;
  }
}
