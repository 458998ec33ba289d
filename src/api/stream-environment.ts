import type {
  CheckpointMode,
  CheckpointRetention,
  JobOptions,
  StateBackendName,
} from '../../actors/protocol/job-graph.js';
import type { RestartStrategy } from '../../actors/protocol/restart-strategy.js';
import type { Source } from '../operators/source.js';
import { checkedBufferTimeout } from './buffer-timeout.js';
import { CollectionSource } from './collection-source.js';
import { SingleOutputStream } from './data-stream.js';
import { mistake } from './engine-error.js';
import type { GraphRecorder } from './graph-recorder.js';
import { readParam } from './job-params.js';
import { checkedMemory } from './memory.js';
import { wholeNumber } from './whole-number.js';

/** How often state is made durable. What is left out keeps its default. */
export interface CheckpointingOptions {
  /** From the start of one checkpoint to the start of the next, as in Flink. One that takes longer is followed by the next at once, or after `minPauseMs`. */
  readonly intervalMs: number;
  /** A checkpoint that takes longer is given up. Default 600,000. */
  readonly timeoutMs?: number;
  /** At least this long between the end of one checkpoint, complete or given up, and the start of the next; a shorter `intervalMs` is made as long. Default 0. */
  readonly minPauseMs?: number;
  /**
   * This many checkpoints in a row may fail; one more restarts the job. Default 0. One that a task declines counts, one that the store does not take, and
   * one that is too late; a savepoint does not, nor does one that ends with its run.
   */
  readonly tolerableFailedCheckpoints?: number;
  /**
   * `exactlyOnce`, the default. With `atLeastOnce` no channel waits for the barriers of others: latency is even, and after a restart records may be processed
   * again that had come before a slow channel's barrier, in state and in the output of sinks that commit.
   */
  readonly mode?: CheckpointMode;
  /** How many complete checkpoints are kept while the job runs, at least 1, which is the default. Older ones serve `allowRollback` alone. */
  readonly retained?: number;
  /**
   * What is left of a job that has ended. `none`, the default: nothing. `deleteOnCancellation`: its retained checkpoints when it has failed.
   * `retainOnCancellation`: also when it was canceled. See weir checkpoints.
   */
  readonly externalized?: CheckpointRetention;
  /**
   * When the newest checkpoint is damaged: go on from an older retained one instead of failing, or from the beginning if the log has none. What was committed since
   * is then committed again. Default false.
   */
  readonly allowRollback?: boolean;
}

/** Names of a source. */
export interface SourceNames {
  /** Names the positions of the source across versions of the job. */
  readonly uid?: string;
  /** The name that graphs and messages show; the uid if none is given. */
  readonly name?: string;
}

/**
 * What a job is written with: its sources, its options and its parameters. Given to the function of `defineJob`, and of no use after
 * that has returned (JOB_BUILD_ENDED).
 *
 * @example
 * ```ts
 * defineJob('flights', (env) => {
 *   env.setParallelism(2).enableCheckpointing({ intervalMs: 1_000 });
 *   env.fromSource(source, { uid: 'flights' }).print();
 * });
 * ```
 */
export class StreamEnvironment {
  /** What stands after `--` on the command line; part of the job's identity. */
  readonly params: readonly string[];
  readonly #recorder: GraphRecorder;

  /** @internal */
  constructor(recorder: GraphRecorder, params: readonly string[]) {
    this.params = params;
    this.#recorder = recorder;
  }

  /**
   * A parameter given as `--name value` or `--name=value`, or `fallback`. Throws PARAM_MISSING when there is neither.
   *
   * @example
   * ```ts
   * const input = env.param('input', 'flights.csv');
   * ```
   */
  param(name: string, fallback?: string): string {
    return readParam(this.params, name, fallback);
  }

  /** The parallelism of every operator that sets none. Default 1. */
  setParallelism(parallelism: number): this {
    return this.#set(() => {
      this.#recorder.parallelism = parallelism;
    });
  }

  /** The max parallelism of every operator that sets none. Default: derived from the parallelism, at least 128. */
  setMaxParallelism(maxParallelism: number): this {
    return this.#set(() => {
      this.#recorder.maxParallelism = maxParallelism;
    });
  }

  /**
   * Takes checkpoints periodically, one at a time, the first an interval after each start of the job. Without it only the final checkpoint of a bounded job is taken, and a failure before it starts the
   * job from the beginning.
   *
   * @example
   * ```ts
   * env.enableCheckpointing({ intervalMs: 10_000, timeoutMs: 60_000 });
   * ```
   */
  enableCheckpointing(options: CheckpointingOptions): this {
    const { options: current } = this.#recorder;
    const { intervalMs, timeoutMs = current.checkpointTimeoutMs } = options;
    const { minPauseMs = current.checkpointMinPauseMs } = options;
    const { tolerableFailedCheckpoints = current.tolerableFailedCheckpoints } = options;
    const { allowRollback = current.allowRollback } = options;
    return this.#set(() => {
      this.#recorder.options = {
        ...current,
        checkpointIntervalMs: wholeNumber('enableCheckpointing: intervalMs', intervalMs, 1),
        checkpointTimeoutMs: wholeNumber('enableCheckpointing: timeoutMs', timeoutMs, 1),
        checkpointMinPauseMs: wholeNumber('enableCheckpointing: minPauseMs', minPauseMs, 0),
        tolerableFailedCheckpoints: wholeNumber(
          'enableCheckpointing: tolerableFailedCheckpoints',
          tolerableFailedCheckpoints,
          0,
        ),
        allowRollback,
        ...retention(options),
      };
    });
  }

  /**
   * What follows a failure of the job's own code. Default: `exponentialDelay` where checkpoints are taken periodically, else `noRestart`. See also
   * `fixedDelay` and `failureRate`.
   */
  setRestartStrategy(restart: RestartStrategy): this {
    return this.#set(() => {
      this.#recorder.restart = restart;
    });
  }

  /**
   * How long records may wait for a fuller batch on their way to another slot. Lower is sooner, higher is more at a time; null waits for full
   * ones. Default 10. Operators may set their own.
   */
  setBufferTimeout(bufferTimeoutMs: number | null): this {
    return this.#set(() => {
      const checked = checkedBufferTimeout(bufferTimeoutMs);
      this.#recorder.options = { ...this.#recorder.options, bufferTimeoutMs: checked };
    });
  }

  /**
   * Where keyed state lives while the job runs: `heap`, the default, in memory. A checkpoint says nothing of it. A backend that the cluster's version does
   * not have fails the job with STATE_BACKEND_UNKNOWN.
   */
  setStateBackend(stateBackend: StateBackendName): this {
    return this.#set(() => {
      this.#recorder.options = { ...this.#recorder.options, stateBackend };
    });
  }

  /**
   * What the job needs of managed memory in each of its slots, as `512MB`: for caches of state on disk, channels and snapshots. It is given no slot with less
   * (`weir taskmanager --slot-memory`), and waits for larger ones. Default: any slot will do. Throws OPTION_RANGE for what is no size.
   */
  setSlotMemory(size: string): this {
    return this.#set(() => {
      const slotMemoryBytes = checkedMemory(size);
      this.#recorder.options = { ...this.#recorder.options, slotMemoryBytes };
    });
  }

  /** Runs each operator as a task of its own: to see in metrics and graphs which one takes the time. Slower, because records are passed between tasks. */
  disableOperatorChaining(): this {
    return this.#set(() => {
      this.#recorder.chainingAllowed = false;
    });
  }

  /** How often watermark generators are asked for a watermark, in milliseconds. Default 200. */
  setAutoWatermarkInterval(intervalMs: number): this {
    return this.#set(() => {
      this.#recorder.watermarkIntervalMs = wholeNumber('setAutoWatermarkInterval', intervalMs, 1);
    });
  }

  /**
   * Lets operators that keep state go without a uid. Theirs is then made of their position, so that another version of the job, with
   * an operator more or less, does not find their state again.
   */
  allowGeneratedUids(): this {
    return this.#set(() => {
      this.#recorder.generatedUidsAllowed = true;
    });
  }

  /**
   * A stream of what a source reads. After a failure reading goes on exactly where the checkpoint stands.
   *
   * @example
   * ```ts
   * const flights = env.fromSource(source, { uid: 'flights' });
   * ```
   */
  fromSource<T>(source: Source<T>, names: SourceNames = {}): SingleOutputStream<T> {
    const code = { kind: 'source', source } as const;
    const kinds = { kind: 'source', commits: false, stateful: true } as const;
    const node = this.#recorder.add({ operation: source.name, ...kinds, code, inputs: [] });
    this.#recorder.change(node, { uid: names.uid ?? null, name: names.name ?? null });
    return new SingleOutputStream(this.#recorder, node);
  }

  /**
   * A bounded stream of values that stand in the job's code, in their order. For first jobs and for tests: every slot holds them all.
   *
   * @example
   * ```ts
   * const lines = env.fromCollection(['to be', 'or not to be'], { uid: 'lines' });
   * ```
   */
  fromCollection<T>(values: readonly T[], names: SourceNames = {}): SingleOutputStream<T> {
    return this.fromSource(new CollectionSource(values), names);
  }

  #set(change: () => void): this {
    this.#recorder.assertOpen();
    change();
    return this;
  }
}

/** What is not given is left out, so that the graph of a job that names none of it stays as it was. */
function retention({ mode, retained, externalized }: CheckpointingOptions): Partial<JobOptions> {
  if (mode !== undefined) oneOf('enableCheckpointing: mode', mode, modes);
  if (externalized !== undefined) oneOf('enableCheckpointing: externalized', externalized, retentions);
  return {
    ...(mode === undefined ? {} : { checkpointMode: mode }),
    ...(externalized === undefined ? {} : { externalizedCheckpoints: externalized }),
    ...(retained === undefined
      ? {}
      : { retainedCheckpoints: wholeNumber('enableCheckpointing: retained', retained, 1, retainedMax) }),
  };
}

const modes: readonly CheckpointMode[] = ['exactlyOnce', 'atLeastOnce'];
const retentions: readonly CheckpointRetention[] = ['none', 'deleteOnCancellation', 'retainOnCancellation'];
/** The names of the files of all of them are in the memory of the leader. */
const retainedMax = 100;

function oneOf<T extends string>(option: string, value: T, known: readonly T[]): void {
  if (!known.includes(value))
    throw mistake('OPTION_RANGE', `${option} is '${value}'. Give one of ${known.join(', ')}.`);
}
