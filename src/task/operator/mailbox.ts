import { Fifo } from '../fifo.js';

/** Something that happened for an operator while others were at work: a timer, or the answer of a file or a promise. */
export type Arrival = () => void;

/**
 * What has arrived for one operator. It is delivered by the tasklet between two records, when the operator may emit; nothing of it
 * outlives the attempt.
 */
export class Mailbox {
  private readonly arrivals = new Fifo<Arrival>();
  /** What ends what is still on its way. */
  private readonly open = new Set<() => void>();
  private closed = false;

  constructor(private readonly wake: () => void) {}

  get isEmpty(): boolean {
    return this.arrivals.length === 0;
  }

  post(arrival: Arrival): void {
    if (this.closed) return;
    this.arrivals.push(arrival);
    this.wake();
  }

  take(): Arrival | undefined {
    return this.arrivals.shift();
  }

  /** `end` is called when the attempt ends, unless the returned function was called before. */
  expect(end: () => void): () => void {
    this.open.add(end);
    return () => this.open.delete(end);
  }

  close(): void {
    this.closed = true;
    this.arrivals.clear();
    for (const end of this.open) end();
    this.open.clear();
  }
}
