import type { Failure } from '../../../actors/kernel/failure.js';
import { jobRun } from '../../../actors/protocol/ids.js';
import type { Lifecycle, Settle } from '../../../src/operators/operator.js';
import type { Sink } from '../../../src/operators/sink.js';
import { SinkOperator } from '../../../src/operators/sink-operator.js';
import { UserMetrics } from '../../../src/operators/user-metrics.js';
import type { Files } from '../../../src/ports/files.js';
import { nodeClock } from '../../../src/runtime/world/clock.js';
import { nodeFiles } from '../../../src/runtime/world/files.js';
import { nodeOffload } from '../../../src/runtime/world/offload.js';

export interface AttemptOptions {
  /** Deployments of the job so far; each restart is one more. */
  readonly round: number;
  readonly subtask?: number;
  readonly parallelism?: number;
  readonly job?: string;
  readonly uid?: string;
  readonly files?: Files;
}

/** One attempt of one subtask of a sink, driven as a task drives it. Dropping it without `close` is a crash. */
export class SinkAttempt<T> {
  readonly failures: Failure[] = [];
  readonly operator: SinkOperator<T, unknown>;
  wakes = 0;
  private number = 0;
  private readonly options: AttemptOptions;

  constructor(sink: Sink<T>, options: AttemptOptions) {
    this.options = options;
    this.operator = new SinkOperator(sink);
  }

  /** Null when it is open. `restored`: the items of a snapshot. */
  open(restored: readonly unknown[] = []): Promise<Failure | null> {
    const { round, subtask = 0, parallelism = 1, job = 'job', uid = 'files', files = nodeFiles } = this.options;
    const context = {
      job,
      uid,
      subtaskIndex: subtask,
      parallelism,
      run: jobRun(1, round),
      keyed: null,
      metrics: new UserMetrics().of('sink'),
      output: {
        emit: () => undefined,
        side: () => undefined,
        watermark: () => undefined,
        idle: () => undefined,
        blocked: () => false,
      },
      clock: nodeClock,
      files,
      offload: nodeOffload,
      client: { line: () => undefined, deliver: () => undefined },
      hold: () => undefined,
      wake: () => {
        this.wakes += 1;
      },
      fail: (failure: Failure) => {
        this.failures.push(failure);
      },
    };
    const from = restored.length === 0 ? null : this.checkpoint(0);
    return settled((settle) => this.operator.open(context, { from, items: throughStore(restored) }, settle));
  }

  write(...values: readonly T[]): void {
    for (const value of values) this.operator.process(value, 0);
  }

  /** The snapshot of a new checkpoint. */
  async snapshot(): Promise<readonly unknown[]> {
    this.number += 1;
    const id = this.checkpoint(this.number);
    const failed = await settled((settle) => this.operator.prepareCheckpoint(id, settle));
    if (failed !== null) throw new Error(failed.message);
    return throughStore(this.operator.snapshot(id));
  }

  /** Tells it that its newest checkpoint is complete. */
  complete(): Promise<Failure | null> {
    const id = this.checkpoint(this.number);
    return settled((settle) => this.operator.checkpointCompleted(id, settle));
  }

  private checkpoint(number: number) {
    return { epoch: 1, n: this.options.round * 1_000 + number };
  }
}

const throughStore = (items: readonly unknown[]): readonly unknown[] => JSON.parse(JSON.stringify(items)) as unknown[];

function settled(call: (settle: Settle) => Lifecycle): Promise<Failure | null> {
  return new Promise((resolve) => {
    if (call(resolve) === 'done') resolve(null);
  });
}
