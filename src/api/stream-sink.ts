import type { GraphRecorder, RecordedNode } from './graph-recorder.js';

/**
 * The end of a stream. Like every operator it can be given a uid, a name and a parallelism.
 *
 * @example
 * ```ts
 * counts.sinkTo(files).uid('counts-file').name('counts to files').setParallelism(1);
 * ```
 */
export class StreamSink {
  readonly #recorder: GraphRecorder;
  readonly #node: RecordedNode;

  /** @internal */
  constructor(recorder: GraphRecorder, node: RecordedNode) {
    this.#recorder = recorder;
    this.#node = node;
  }

  /** Names the sink's state across versions of the job: uncommitted output is found again by it. */
  uid(uid: string): this {
    this.#recorder.change(this.#node, { uid });
    return this;
  }

  /** The name that graphs and messages show. */
  name(name: string): this {
    this.#recorder.change(this.#node, { name });
    return this;
  }

  /** The number of parallel instances, in place of the job's. */
  setParallelism(parallelism: number): this {
    this.#recorder.change(this.#node, { parallelism });
    return this;
  }

  /** The number of key groups of a sink on a keyed stream; the largest parallelism it can ever have. */
  setMaxParallelism(maxParallelism: number): this {
    this.#recorder.change(this.#node, { maxParallelism });
    return this;
  }

  /** Runs the sink as a task of its own. */
  disableChaining(): this {
    this.#recorder.change(this.#node, { chaining: 'never' });
    return this;
  }

  /** Shares slots only with operators of the same group. See SingleOutputStream. */
  slotSharingGroup(name: string): this {
    this.#recorder.change(this.#node, { slotSharingGroup: name });
    return this;
  }
}
