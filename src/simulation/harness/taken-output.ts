import type { Lifecycle } from '../../operators/operator.js';
import type { Sink, SinkWriter } from '../../operators/sink.js';

/** One record that a pipeline has put out. */
export interface Emitted<out T> {
  readonly value: T;
  /** `noTimestamp` when it has none. */
  readonly timestamp: number;
}

/** A record with the output that it came out of: null is the main one, a text the tag of a side output. */
export interface Taken extends Emitted<unknown> {
  readonly tag: string | null;
}

/** Shows records at once, as the pipeline puts them out: what is shown twice was put out twice. */
export class TakenOutput implements Sink<unknown, never> {
  readonly name = 'output';

  constructor(
    private readonly tag: string | null,
    private readonly take: (taken: Taken) => void,
  ) {}

  createWriter(): SinkWriter<unknown, never> {
    const { tag, take } = this;
    return {
      write: (value, timestamp) => take({ tag, value, timestamp }),
      ready: () => true,
      prepare: done,
      take: () => [],
      commit: done,
      abortOthers: done,
      close: () => undefined,
    };
  }
}

const done = (): Lifecycle => 'done';
