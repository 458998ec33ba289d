import { Fifo } from '../fifo.js';
import type { Gauge } from '../gauge.js';

type Next = (value: unknown, timestamp: number) => void;

/** An iterable that was not pulled to its end, and where its values go. */
interface Pull {
  readonly at: number;
  readonly iterator: Iterator<unknown>;
  readonly timestamp: number;
  readonly next: Next;
}

type Waiting =
  | { readonly kind: 'record'; readonly value: unknown; readonly timestamp: number }
  | { readonly kind: 'watermark'; readonly timestamp: number };

export interface PullsOwner {
  /** Whether everything behind this segment takes more. */
  mayGoOn(): boolean;
  fail(error: unknown, at: number): never;
  emit(value: unknown, timestamp: number): void;
  watermark(timestamp: number): void;
}

/**
 * The lazily pulled results of a segment's flatMaps. While one cannot go on, the segment holds: it is resumed before anything else, and
 * what still comes, from an operator that emits several records at a time, waits behind it.
 */
export class Pulls {
  holds = false;
  /** In the order in which they go on: the innermost first. */
  private pending: Pull[] = [];
  private readonly waiting = new Fifo<Waiting>();

  constructor(
    private readonly gauge: Gauge,
    private readonly owner: PullsOwner,
  ) {}

  pull(at: number, iterable: Iterable<unknown>, timestamp: number, next: Next): void {
    this.drain({ at, iterator: this.iteratorOf(iterable, at), timestamp, next });
  }

  /** The rest of an array, behind whatever made the chain pause. */
  holdRest(at: number, values: readonly unknown[], from: number, timestamp: number, next: Next): void {
    if (from < values.length) this.hold({ at, iterator: restOf(values, from), timestamp, next });
  }

  wait(value: unknown, timestamp: number): void {
    this.waiting.push({ kind: 'record', value, timestamp });
  }

  waitWatermark(timestamp: number): void {
    this.waiting.push({ kind: 'watermark', timestamp });
  }

  /** Goes on where it stopped; false when it had to stop again. */
  resume(): boolean {
    const { pending } = this;
    this.pending = [];
    this.setHolds(false);
    for (const [index, pull] of pending.entries()) {
      if (this.drain(pull)) continue;
      this.pending.push(...pending.slice(index + 1));
      return false;
    }
    return this.resumeWaiting();
  }

  /** Lets iterators let go of what they hold. */
  close(): void {
    for (const { at, iterator } of this.pending) {
      try {
        iterator.return?.();
      } catch (error) {
        this.owner.fail(error, at);
      }
    }
    this.pending = [];
    this.waiting.clear();
  }

  private resumeWaiting(): boolean {
    while (this.waiting.length > 0) {
      if (!this.holds && !this.owner.mayGoOn()) this.setHolds(true);
      if (this.holds) return false;
      const item = this.waiting.shift() as Waiting;
      if (item.kind === 'record') this.owner.emit(item.value, item.timestamp);
      else this.owner.watermark(item.timestamp);
    }
    return !this.holds;
  }

  private drain(pull: Pull): boolean {
    for (;;) {
      if (this.holds || !this.owner.mayGoOn()) {
        this.hold(pull);
        return false;
      }
      const result = this.nextOf(pull);
      if (result.done === true) return true;
      pull.next(result.value, pull.timestamp);
    }
  }

  private hold(pull: Pull): void {
    this.pending.push(pull);
    this.setHolds(true);
  }

  private setHolds(holds: boolean): void {
    if (this.holds === holds) return;
    this.holds = holds;
    this.gauge.segmentPaused(holds);
  }

  private iteratorOf(iterable: Iterable<unknown>, at: number): Iterator<unknown> {
    try {
      return iterable[Symbol.iterator]();
    } catch (error) {
      return this.owner.fail(error, at);
    }
  }

  private nextOf({ iterator, at }: Pull): IteratorResult<unknown> {
    try {
      return iterator.next();
    } catch (error) {
      return this.owner.fail(error, at);
    }
  }
}

function* restOf(values: readonly unknown[], from: number): Iterator<unknown> {
  for (let index = from; index < values.length; index++) yield values[index];
}
