import type { Failure } from '../../../actors/kernel/failure.js';

/** One piece of I/O; it calls `done` once, later. */
export type Step = (done: (failure: Failure | null) => void) => void;

/** Runs steps one after the other, in the order they were added. The first failure ends it. */
export class StepQueue {
  private readonly steps: Step[] = [];
  private busy = false;
  private ended = false;
  private waiting: ((failure: Failure | null) => void) | null = null;

  /** `fail` is told of a failure that nobody waits for. */
  constructor(private readonly fail: (failure: Failure) => void) {}

  get isIdle(): boolean {
    return !this.busy;
  }

  add(step: Step): void {
    if (this.ended) return;
    this.steps.push(step);
    if (!this.busy) this.runNext();
  }

  /** Calls `done` once when everything added so far has run, or when it has failed. At most one may wait. */
  whenIdle(done: (failure: Failure | null) => void): void {
    this.waiting = done;
  }

  close(): void {
    this.ended = true;
    this.steps.length = 0;
    this.waiting = null;
  }

  private runNext(): void {
    const step = this.steps.shift();
    this.busy = step !== undefined;
    step?.((failure) => this.stepDone(failure));
  }

  private stepDone(failure: Failure | null): void {
    if (this.ended) return;
    if (failure === null) this.runNext();
    if (failure === null && this.busy) return;
    const { waiting } = this;
    if (failure !== null) this.close();
    this.waiting = null;
    if (waiting !== null) waiting(failure);
    else if (failure !== null) this.fail(failure);
  }
}
