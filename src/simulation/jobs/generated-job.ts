import { InvariantViolation } from '../../../actors/kernel/invariant.js';
import type { JobRecord } from '../../../actors/protocol/job-graph.js';
import type { RestartStrategy } from '../../../actors/protocol/restart-strategy.js';
import type { DataStream, SingleOutputStream } from '../../api/data-stream.js';
import { EngineError } from '../../api/engine-error.js';
import { buildJob, defineJob, type JobDefinition } from '../../api/job-definition.js';
import { exponentialDelay, failureRate, fixedDelay } from '../../api/restart-strategy.js';
import type { StreamEnvironment } from '../../api/stream-environment.js';
import { fileSink, jsonLines } from '../../connectors/file/index.js';
import { generatorSource } from '../../connectors/generator/index.js';
import type { CodeStore } from '../../graph/code-store.js';
import type { Instance, ProcessContext } from '../../operators/function-operator.js';
import type { OperatorStateAccess } from '../../operators/operator-lists.js';
import type { ProcessFunction } from '../../operators/process.js';
import type { ListState } from '../../state/keyed-state.js';
import { aside, Divide } from './divide.js';
import {
  hasInputsApart,
  type JobSpec,
  type KeyedStageSpec,
  paramsOf,
  type SourceSpec,
  type StageSpec,
  specParam,
} from './job-spec.js';
import { keyedCoFold, keyedFold } from './keyed-fold.js';
import { Hold, Notes, noteState } from './operator-state.js';
import { settled } from './settled.js';
import {
  copyOf,
  type Fold,
  farewellOf,
  firstFold,
  isKept,
  keyOf,
  keyText,
  mapped,
  nextFold,
  type SimKey,
  type SimRecord,
  sourceRecord,
  withFold,
} from './sim-record.js';
import { isDivided, isTimeStage, type TimeSpec, type TimeStageSpec } from './time-spec.js';
import { beforeWindows, timeStage, watermarksOf } from './time-stages.js';

/** Where the one sink of a generated job writes. */
export const outputFolder = 'out';
export const sinkUid = 'files';
export const sourceUid = (source: number): string => `source-${source}`;
export const stageUid = (stage: number): string => `stage-${stage}`;

/** More than any schedule takes: no answer is lost, so one that does not come is a defect. */
const answerTimeoutMs = 100_000;

export interface GeneratedJob {
  readonly definition: JobDefinition;
  readonly record: JobRecord;
  /** Answers from within the call; whoever hands it to a process queues the answer. */
  readonly code: CodeStore;
}

/** The job of a spec, ready to be submitted to a simulated cluster. */
export function jobOf(spec: JobSpec): GeneratedJob {
  const params = paramsOf(spec);
  const { graph } = buildJob(generatedJob, params).program;
  return { definition: generatedJob, record: { format: 1, job: 'sim', graph, code: 'generated', params }, code };
}

/** One definition for all: the spec is its parameter, so that it stands in the record and checkers find it there. */
const generatedJob = defineJob('generated', (env) => write(env, JSON.parse(env.param(specParam)) as JobSpec));

/** Every load builds the job anew, as the code of a real job is. */
const code: CodeStore = {
  load(record, done) {
    try {
      done({ ok: true, program: buildJob(generatedJob, record.params).program });
    } catch (thrown) {
      if (!(thrown instanceof EngineError)) throw thrown;
      done({ ok: false, failure: thrown.failure });
    }
  },
};

function write(env: StreamEnvironment, spec: JobSpec): void {
  env
    .enableCheckpointing({
      intervalMs: spec.checkpointIntervalMs,
      timeoutMs: spec.checkpointTimeoutMs,
      tolerableFailedCheckpoints: spec.tolerableFailedCheckpoints,
      ...(spec.atLeastOnce === true ? { mode: 'atLeastOnce' as const } : {}),
      ...(spec.retainedCheckpoints === undefined ? {} : { retained: spec.retainedCheckpoints }),
      ...(spec.externalizedCheckpoints === undefined ? {} : { externalized: spec.externalizedCheckpoints }),
    })
    .setRestartStrategy(restartOf(spec))
    .setBufferTimeout(spec.bufferTimeoutMs);
  if (spec.time !== null) env.setAutoWatermarkInterval(spec.time.intervalMs);
  const [first, ...others] = spec.sources.map((source, index) => sourceStream(env, source, index, spec.time));
  if (first === undefined) return;
  const apart = hasInputsApart(spec);
  let flow: Flow = {
    stream: others.length === 0 || apart ? first : first.union(...others),
    second: apart ? (others[0] ?? null) : null,
    parallelism: spec.sources[0]?.parallelism ?? 1,
  };
  for (const [index, stage] of spec.stages.entries()) {
    flow = withStage(flow, stage, index);
    if (index === spec.groupFrom) flow.made?.slotSharingGroup(secondGroup);
  }
  const sink = fileSink<SimRecord>({ folder: outputFolder, format: jsonLines() });
  flow.stream.sinkTo(sink).uid(sinkUid).setParallelism(spec.sink.parallelism);
}

/** None of them ends a job: no generated code fails. */
function restartOf({ restart = 'fixedDelay', restartDelayMs: delayMs }: JobSpec): RestartStrategy {
  switch (restart) {
    case 'fixedDelay':
      return fixedDelay({ attempts: null, delayMs });
    case 'exponentialDelay':
      return exponentialDelay({ delayMs, delayMaxMs: 8 * delayMs, resetAfterMs: 500 });
    case 'failureRate':
      return failureRate({ failuresMax: 1_000, intervalMs: 1_000, delayMs });
  }
}

const secondGroup = 'second';

interface Flow {
  readonly stream: DataStream<SimRecord>;
  /** The last operator of the stage, to be configured. */
  readonly made?: SingleOutputStream<SimRecord>;
  /** What is the second input of the next stage. */
  readonly second: DataStream<SimRecord> | null;
  readonly parallelism: number;
}

function sourceStream(
  env: StreamEnvironment,
  spec: SourceSpec,
  source: number,
  time: TimeSpec | null,
): SingleOutputStream<SimRecord> {
  const { parallelism, splits, records: count, ratePerSecond } = spec;
  const generate = (index: number): SimRecord => sourceRecord(source, splits, index);
  const generator = generatorSource({ count, generate, splits, ratePerSecond });
  const stream = env.fromSource(generator, { uid: sourceUid(source) }).setParallelism(parallelism);
  if (time === null) return stream;
  const watermarks = watermarksOf(time, splits);
  return stream
    .assignTimestampsAndWatermarks(watermarks)
    .uid(`${sourceUid(source)}-time`)
    .setParallelism(parallelism);
}

function withStage(flow: Flow, stage: StageSpec, index: number): Flow {
  const { stream, parallelism } = flow;
  const placed = (made: SingleOutputStream<SimRecord>, on: number): Flow => ({
    stream: made.uid(stageUid(index)).setParallelism(on),
    made,
    second: null,
    parallelism: on,
  });
  if (isTimeStage(stage)) return timed(flow, stage, index);
  switch (stage.kind) {
    case 'map':
      return placed(
        stream.map((record) => mapped(record, index)),
        parallelism,
      );
    case 'filter':
      return placed(
        stream.filter((record) => isKept(record, index, stage.oneIn)),
        parallelism,
      );
    case 'flatMap':
      return placed(
        stream.flatMap((record) => (stage.lazy ? lazyCopies(record, stage.copies) : copies(record, stage.copies))),
        parallelism,
      );
    case 'async': {
      const { ordered, capacity } = stage;
      const ask = (record: SimRecord): PromiseLike<SimRecord> => settled(mapped(record, index));
      const order = ordered ? 'ordered' : 'unordered';
      return placed(stream.asyncMap(ask, { order, capacity, timeoutMs: answerTimeoutMs }), parallelism);
    }
    case 'rebalance':
      return placed(stream.rebalance().map(asItIs), stage.parallelism);
    case 'broadcast':
      return placed(stream.broadcast().map(asItIs), stage.parallelism);
    case 'farewell':
      return placed(stream.process(new Farewell(index)), parallelism);
    case 'hold':
      return placed(stream.process(new Hold(stage)), parallelism);
    case 'notes': {
      const divided = dividedBefore(flow, index);
      const noted = divided.getSideOutput(aside).broadcast(noteState);
      return placed(divided.rebalance().connect(noted).process(new Notes(index)), stage.parallelism);
    }
    case 'keyed':
      return placed(keyed(flow, stage, index).setMaxParallelism(stage.maxParallelism), stage.parallelism);
  }
}

function keyed(flow: Flow, stage: KeyedStageSpec, index: number): SingleOutputStream<SimRecord> {
  const { stream, parallelism } = flow;
  const key = (record: SimRecord): SimKey => keyOf(record, index, stage);
  const { state } = stage;
  if (state !== 'reduce' && stage.inputs === 2) {
    const divided = dividedBefore(flow, index);
    return divided.keyBy(key).connect(divided.getSideOutput(aside).keyBy(key)).process(keyedCoFold(state));
  }
  if (state !== 'reduce') return stream.keyBy(key).process(keyedFold(state));
  // What is reduced are records that carry a fold already: each begins as the only one of its key.
  const begun = stream
    .map((record) => withFold(record, firstFold(keyText(key(record)), record)))
    .setParallelism(parallelism);
  return begun.keyBy(key).reduce(combined);
}

const dividedBefore = ({ stream, parallelism }: Flow, index: number): SingleOutputStream<SimRecord> =>
  stream
    .process(new Divide(index))
    .uid(`${stageUid(index)}-divide`)
    .setParallelism(parallelism);

function timed(flow: Flow, stage: TimeStageSpec, index: number): Flow {
  const { parallelism, maxParallelism } = stage;
  const before = beforeWindows(stage);
  const stream = before === null ? flow.stream : flow.stream.map(before).setParallelism(flow.parallelism);
  const divided = isDivided(stage) && flow.second === null ? dividedBefore(flow, index) : null;
  const second = divided?.getSideOutput(aside) ?? flow.second;
  const { made, beside } = timeStage(divided ?? stream, second, stage, index);
  made.uid(stageUid(index)).setParallelism(parallelism).setMaxParallelism(maxParallelism);
  return { stream: beside === null ? made : made.union(beside), made, second: null, parallelism };
}

function combined(before: SimRecord, next: SimRecord): SimRecord {
  const { folds } = next;
  return { ...next, folds: [...folds.slice(0, -1), nextFold(before.folds.at(-1) as Fold, next)] };
}

interface Member {
  readonly subtask: number;
  readonly of: number;
}

class Farewell implements ProcessFunction<SimRecord, SimRecord> {
  private subtask = 0;
  private members!: ListState<Member>;
  private restored: readonly Member[] = [];

  constructor(private readonly stage: number) {}

  initializeState({ unionListState }: OperatorStateAccess): void {
    this.members = unionListState<Member>('members');
    this.restored = [...this.members.get()];
  }

  open({ subtaskIndex, parallelism }: Instance): void {
    this.subtask = subtaskIndex;
    this.members.update([{ subtask: subtaskIndex, of: parallelism }]);
  }

  processElement(record: SimRecord, context: ProcessContext<SimRecord>): void {
    this.requireAll();
    context.emit(record);
  }

  finish(context: ProcessContext<SimRecord>): void {
    this.requireAll();
    context.emit(farewellOf(this.stage, this.subtask));
  }

  /** Each subtask stands in the list, so that whoever goes on finds all of them there, also those that have finished. */
  private requireAll(): void {
    const { restored } = this;
    const found = new Set(restored.map(({ subtask }) => subtask)).size;
    if (restored.some(({ of }) => of !== found))
      throw new InvariantViolation('subtasks are missing in a restored list', { restored });
  }
}

const asItIs = (record: SimRecord): SimRecord => record;

const copies = (record: SimRecord, count: number): readonly SimRecord[] =>
  Array.from({ length: count }, (_, copy) => copyOf(record, copy));

function* lazyCopies(record: SimRecord, count: number): Generator<SimRecord> {
  for (let copy = 0; copy < count; copy += 1) yield copyOf(record, copy);
}
