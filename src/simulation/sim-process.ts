import type { Clock, Entropy, Loop, Loops, Timer, Turn } from '../ports/clock.js';
import type { SimWorld } from './world.js';

/** Thrown by a port to end a process at exactly this call; nothing of that life runs afterwards. */
export class CrashSignal extends Error {
  override readonly name = 'CrashSignal';
}

/** Ends a life at its n-th port call, or at its first one from a moment on: in both cases between two effects. */
export type CrashPoint =
  | { readonly kind: 'call'; readonly call: number }
  | { readonly kind: 'moment'; readonly atMs: number };

/** Virtual time that a turn of a loop costs. */
const turnCostMs = 0.02;

/**
 * One life of one process of the simulated cluster: the gate through which all its ports go. Once it has crashed no callback reaches it
 * and every port call of it fails; while it is paused its events wait.
 */
export class SimProcess {
  alive = true;
  private pausedEvents: (() => void)[] | null = null;
  private calls = 0;

  constructor(
    readonly world: SimWorld,
    readonly name: string,
    /** Counts the lives of this process from 1. */
    readonly life: number,
    /** Where this life ends; null for nowhere. */
    readonly crashAt: CrashPoint | null,
    private readonly onCrash: (process: SimProcess) => void,
  ) {}

  /** Every port call passes here first: it may be the one that never happens. */
  enter(): void {
    if (!this.alive) throw new CrashSignal(`${this.name} is dead`);
    this.calls += 1;
    if (this.crashAt === null || this.world.choices.isHealed) return;
    const reached =
      this.crashAt.kind === 'call' ? this.calls === this.crashAt.call : this.world.nowMs >= this.crashAt.atMs;
    if (!reached) return;
    this.crash();
    throw new CrashSignal(`${this.name} crashed at its port call ${this.calls}`);
  }

  crash(): void {
    if (!this.alive) return;
    this.alive = false;
    this.pausedEvents = null;
    this.onCrash(this);
  }

  /** Plans a callback of this life. */
  later(delayMs: number, run: () => void): Timer {
    const event = this.world.queue.add(this.world.nowMs + delayMs, () => this.dispatch(run));
    return {
      cancel: () => {
        event.run = null;
      },
    };
  }

  pause(): void {
    this.pausedEvents ??= [];
  }

  resume(): void {
    const events = this.pausedEvents;
    this.pausedEvents = null;
    for (const run of events ?? []) this.later(0, run);
  }

  /** Runs a callback in this process now, unless it is dead; later, if it is paused. */
  dispatch(run: () => void): void {
    if (!this.alive) return;
    if (this.pausedEvents !== null) {
      this.pausedEvents.push(run);
      return;
    }
    try {
      run();
    } catch (error) {
      if (!(error instanceof CrashSignal)) throw error;
    }
  }

  clock(): Clock {
    return {
      monotonicMs: () => this.world.nowMs,
      wallMs: () => this.world.nowMs + simulatedEpochMs,
      setTimer: (delayMs, fire) => {
        this.enter();
        // A timer that was canceled while its process was paused must not fire afterwards.
        let canceled = false;
        const timer = this.later(Math.max(0, delayMs), () => {
          if (!canceled) fire();
        });
        return {
          cancel: () => {
            canceled = true;
            timer.cancel();
          },
        };
      },
    };
  }

  loops(): Loops {
    return { create: (turn) => new SimLoop(this, turn) };
  }

  entropy(): Entropy {
    return { id: () => `${this.name}.${this.life}` };
  }
}

/** 2026-01-01, so that wall times in a simulation look like times. */
export const simulatedEpochMs = 1_767_225_600_000;

class SimLoop implements Loop {
  private due = false;
  private stopped = false;

  constructor(
    private readonly process: SimProcess,
    private readonly turn: (recordsMax: number) => Turn,
  ) {}

  wake(): void {
    if (this.due || this.stopped) return;
    this.due = true;
    this.process.later(turnCostMs, () => {
      this.due = false;
      if (this.stopped) return;
      if (this.turn(this.process.world.turnRecordsMax) === 'more') this.wake();
    });
  }

  stop(): void {
    this.stopped = true;
  }
}
