import type { CheckpointRetention, JobRecord } from '../../../actors/protocol/job-graph.js';
import type { Random } from '../random.js';
import { drawAlignment, drawHold, type HoldStageSpec, type NotesStageSpec } from './operator-state-spec.js';
import {
  drawFirstTimeStage,
  drawTime,
  drawTimeStage,
  isDivided,
  isTimeStage,
  type TimeSpec,
  type TimeStageSpec,
} from './time-spec.js';

/**
 * A generated job as plain data: it stands in a replay line, and removing stages or lowering numbers leaves a job that
 * runs.
 */
export interface JobSpec {
  /** One, or two that are united or are the inputs of the first stage. */
  readonly sources: readonly SourceSpec[];
  readonly stages: readonly StageSpec[];
  /** Null for a job without event time. */
  readonly time: TimeSpec | null;
  /** The one file sink. */
  readonly sink: { readonly parallelism: number };
  readonly checkpointIntervalMs: number;
  readonly checkpointTimeoutMs: number;
  readonly tolerableFailedCheckpoints: number;
  readonly restartDelayMs: number;
  /** Absent: one. */
  readonly retainedCheckpoints?: number;
  /** Absent: none. */
  readonly externalizedCheckpoints?: CheckpointRetention;
  /** Its checkpoints are: records may be put out more than once, and none is lost. */
  readonly atLeastOnce?: boolean;
  /** Absent: fixed delay. */
  readonly restart?: 'fixedDelay' | 'exponentialDelay' | 'failureRate';
  /** Null: batches wait until they are full, or something follows them. */
  readonly bufferTimeoutMs: number | null;
  /** From this stage on, operators are in a slot sharing group of their own. */
  readonly groupFrom?: number;
}

export interface SourceSpec {
  readonly parallelism: number;
  readonly splits: number;
  readonly records: number;
  readonly ratePerSecond: number;
}

export type StageSpec =
  | { readonly kind: 'map' }
  /**
   * Drops one record in `oneIn`. Only ahead of keyed stages: behind one, what was counted would be missing in the
   * output.
   */
  | { readonly kind: 'filter'; readonly oneIn: number }
  /** A lazy one returns an iterable that is no array. */
  | { readonly kind: 'flatMap'; readonly copies: number; readonly lazy: boolean }
  /** As a map, with answers that come late. */
  | { readonly kind: 'async'; readonly ordered: boolean; readonly capacity: number }
  | { readonly kind: 'rebalance'; readonly parallelism: number }
  | { readonly kind: 'broadcast'; readonly parallelism: number }
  /**
   * Passes records on, and puts one more out for each of its subtasks when the input has ended. Only as the last stage.
   */
  | { readonly kind: 'farewell' }
  | KeyedStageSpec
  /** Not ahead of a stage that knows event time, which overtakes what is held. */
  | HoldStageSpec
  | NotesStageSpec
  /** Only in jobs with event time, and ahead of keyed stages: what it puts out no longer says what those had counted. */
  | TimeStageSpec;

export interface KeyedBy {
  readonly keys: number;
  readonly keyKind: KeyKind;
  readonly parallelism: number;
  /** Key groups. With few of them each holds several keys, and each lies at the edge of what a subtask owns. */
  readonly maxParallelism: number;
}

/**
 * Counts and folds the records of each of `keys` keys, with one kind of state, and puts each record out with what it
 * made.
 */
export interface KeyedStageSpec extends KeyedBy {
  readonly kind: 'keyed';
  readonly state: 'reduce' | 'value' | 'list' | 'map';
  /** With two, about half of the records leave by a side output before the stage, and come in by its second input. Not for `reduce`. */
  readonly inputs: 1 | 2;
}

/** Whether the two sources are the inputs of the first stage, each by itself. */
export function hasInputsApart({ sources, stages: [first] }: Pick<JobSpec, 'sources' | 'stages'>): boolean {
  return sources.length === 2 && first !== undefined && isTimeStage(first) && isDivided(first);
}

export type KeyKind = 'text' | 'number' | 'tuple';

/** `small`: at most two vertices of at most two subtasks, for as many runs a second as can be. */
export type JobSize = 'any' | 'small';

interface Bounds {
  readonly vertices: number;
  readonly parallelisms: readonly number[];
}

/** Small ones more often: a race needs two subtasks, and many small runs meet more schedules than few large ones. */
const boundsOf: Readonly<Record<JobSize, Bounds>> = {
  any: { vertices: 4, parallelisms: [1, 1, 1, 2, 2, 3] },
  small: { vertices: 2, parallelisms: [1, 1, 1, 2] },
};
const parallelismMax = 3;
/** Of the jobs that have room for it, in so many event time counts, and so many have an asynchronous stage. */
const timeShare = 0.4;
const timeTwiceShare = 0.5;
const keyedShare = 0.7;
const asyncShare = 0.2;
const asyncTimedShare = 0.75;
const holdShare = 0.25;
const notesShare = 0.2;
const atLeastOnceShare = 0.12;
/** Of the jobs with event time that have two sources, and of those that have one. */
const alignedShare = 0.8;
const alignedAloneShare = 0.2;
const groupedShare = 0.12;
const sparseShare = 0.2;
const otherTimeoutShare = 0.2;
const recordsMin = 15;
const recordsMax = 60;

/** A job that runs for 1.5 to 3 s of virtual time, so that crashes and checkpoints fall into it. */
export function generateJob(random: Random, size: JobSize = 'any'): JobSpec {
  const { vertices, parallelisms } = boundsOf[size];
  const durationMs = random.integer(1_200, 2_500);
  const records = random.integer(recordsMin, recordsMax);
  const second = random.chance(vertices > 2 ? 0.3 : 0) ? random.integer(5, records - 10) : 0;
  const source = (count: number): SourceSpec => sourceOf(random, parallelisms, count, durationMs);
  const sources = second > 0 ? [source(records - second), source(second)] : [source(records)];
  const spec: JobSpec = {
    sources,
    stages: stagesOf(random, parallelisms, vertices - vertexCount({ sources, stages: [] }) - 1),
    time: null,
    sink: { parallelism: random.pick(parallelisms) },
    checkpointIntervalMs: random.integer(120, 360),
    checkpointTimeoutMs: random.integer(400, 2_000),
    tolerableFailedCheckpoints: random.integer(0, 3),
    restartDelayMs: random.integer(20, 100),
    bufferTimeoutMs: random.integer(1, 20),
  };
  const drawn = { ...spec, stages: spec.stages.map((stage) => withInputs(random, stage)) };
  const whole = withAsync(random, vertices, withKeyed(random, vertices, withTime(random, vertices, drawn)));
  return withOptions(random, vertices, {
    ...whole,
    retainedCheckpoints: random.integer(1, 3),
    externalizedCheckpoints: random.pick(['none', 'deleteOnCancellation', 'retainOnCancellation'] as const),
    restart: random.pick(['fixedDelay', 'exponentialDelay', 'failureRate'] as const),
  });
}

/** Drawn behind all else, and each at every seed, so that the rest of a job does not depend on the others. */
function withOptions(random: Random, vertices: number, spec: JobSpec): JobSpec {
  const isHeld = random.chance(holdShare);
  const hold = drawHold(random);
  const isNoted = random.chance(notesShare);
  const notes: NotesStageSpec = { kind: 'notes', parallelism: random.pick(boundsOf.any.parallelisms) };
  const places = [random.unit(), random.unit(), random.unit()] as const;
  const atLeastOnce = random.chance(atLeastOnceShare);
  const isAligned = random.chance(spec.sources.length > 1 ? alignedShare : alignedAloneShare);
  const alignment = drawAlignment(random);
  const isGrouped = random.chance(groupedShare);
  const isOtherTimeout = random.chance(otherTimeoutShare);
  const bufferTimeoutMs = random.pick([0, 200, null] as const);
  const isSparse = random.chance(sparseShare);
  const held = isHeld ? withHold(spec, hold, places[0]) : spec;
  const { stages, ...noted } = isNoted ? withNotes(held, vertices, notes, places[1]) : held;
  return {
    ...noted,
    stages,
    ...(isSparse ? { sources: spec.sources.map(sparse) } : {}),
    ...(isOtherTimeout ? { bufferTimeoutMs } : {}),
    ...(spec.time !== null && isAligned ? { time: { ...spec.time, alignment } } : {}),
    // Where event time counts, what comes twice may be in another window.
    ...(spec.time === null && atLeastOnce ? { atLeastOnce } : {}),
    ...(isGrouped && stages.length > 0 ? { groupFrom: Math.floor(places[2] * stages.length) } : {}),
  };
}

/** All but one of its readers finish at once, while the others of their vertex go on. */
const sparse = (source: SourceSpec): SourceSpec => ({
  ...source,
  splits: 1,
  parallelism: Math.max(2, source.parallelism),
});

/** Behind every stage that knows event time, and ahead of a farewell. */
function withHold(spec: JobSpec, stage: HoldStageSpec, place: number): JobSpec {
  const { stages } = spec;
  if (stages.some(({ kind }) => kind === 'lateWindow')) return spec;
  return withStageAt(spec, stage, stages.findLastIndex(isTimeStage) + 1, place);
}

function withNotes(spec: JobSpec, vertices: number, stage: NotesStageSpec, place: number): JobSpec {
  if (spec.sources.length > 1 || vertexCount(spec) + 1 >= vertices) return spec;
  // Of what is late, only where it is can be looked at: nothing stands behind such windows.
  return spec.stages.some(({ kind }) => kind === 'lateWindow') ? spec : withStageAt(spec, stage, 0, place);
}

function withStageAt(spec: JobSpec, stage: StageSpec, from: number, place: number): JobSpec {
  const { stages } = spec;
  const last = stages.length - Number(stages.at(-1)?.kind === 'farewell');
  const at = from + Math.floor(place * (last - from + 1));
  return { ...spec, stages: [...stages.slice(0, at), stage, ...stages.slice(at)] };
}

/** Drawn last, so that the rest of a seed's job does not depend on it. */
function withInputs(random: Random, stage: StageSpec): StageSpec {
  if (stage.kind !== 'keyed' || stage.state === 'reduce') return stage;
  return { ...stage, inputs: random.chance(0.5) ? 2 : 1 };
}

function sourceOf(random: Random, parallelisms: readonly number[], records: number, durationMs: number): SourceSpec {
  return {
    parallelism: random.integer(1, Math.max(...parallelisms)),
    splits: random.integer(1, 6),
    records,
    ratePerSecond: Math.max(1, Math.round((records * 1_000) / durationMs)),
  };
}

/** At most so many of the stages begin a vertex of their own. */
function stagesOf(random: Random, parallelisms: readonly number[], vertices: number): StageSpec[] {
  const stages: StageSpec[] = [];
  let left = vertices;
  const plain = (): void => {
    while (random.chance(0.35)) stages.push(plainStage(random, stages));
  };
  plain();
  if (left > 0 && random.chance(0.3)) {
    left -= 1;
    const kind = random.chance(0.5) ? 'rebalance' : 'broadcast';
    stages.push({ kind, parallelism: random.pick(parallelisms) });
    plain();
  }
  while (left > 0 && random.chance(0.55)) {
    left -= 1;
    const state = random.pick(['reduce', 'value', 'list', 'map'] as const);
    stages.push({ kind: 'keyed', state, ...keyedBy(random, parallelisms), inputs: 1 });
    if (random.chance(0.2)) stages.push({ kind: 'map' });
  }
  if (random.chance(0.25)) stages.push({ kind: 'farewell' });
  return stages;
}

const keyedBy = (random: Random, parallelisms: readonly number[]): KeyedBy => ({
  keys: random.integer(1, 6),
  keyKind: random.pick(['text', 'number', 'tuple'] as const),
  parallelism: random.pick(parallelisms),
  maxParallelism: random.pick([parallelismMax, 4, 7, 128]),
});

/** Gives a job event time, and puts a stage that knows it in the place of its first keyed one, or behind all others; at times another one behind it. */
function withTime(random: Random, vertices: number, spec: JobSpec): JobSpec {
  const { stages, sources } = spec;
  if (vertices <= 2 || !random.chance(timeShare)) return spec;
  const keyed = stages.findIndex(({ kind }) => kind === 'keyed');
  const farewell = stages.filter(({ kind }) => kind === 'farewell');
  const before = stages.slice(0, keyed < 0 ? stages.length - farewell.length : keyed);
  const behind = keyed < 0 ? farewell : stages.slice(keyed + 1);
  const keys = (): KeyedBy => keyedBy(random, boundsOf.any.parallelisms);
  const stage = drawFirstTimeStage(random, keys());
  const isLate = stage.kind === 'lateWindow';
  const time = drawTime(random, isLate);
  // A union may be the stage's own input, and the sink goes with it: they are no vertices then.
  const chained = { ...spec, time, sink: { parallelism: stage.parallelism } };
  if (isLate) {
    const plain = before.filter(({ kind }) => kind !== 'broadcast' && kind !== 'rebalance');
    return { ...chained, stages: [...(sources.length > 1 ? [] : plain), stage, ...farewell] };
  }
  if (sources.length > 1) return { ...chained, stages: [...(isDivided(stage) ? [] : before), stage, ...behind] };
  const second = random.chance(timeTwiceShare) ? drawTimeStage(random, keys()) : null;
  const others = second === null ? behind : behind.map((each) => (each.kind === 'keyed' ? second : each));
  return { ...spec, time, stages: [...before, stage, ...others] };
}

/** State that lives on from record to record is where most goes wrong: a job without any gets some. */
function withKeyed(random: Random, vertices: number, spec: JobSpec): JobSpec {
  const { stages } = spec;
  const hasState = stages.some((stage) => stage.kind === 'keyed' || isTimeStage(stage));
  if (hasState || vertexCount(spec) + 1 >= vertices || !random.chance(keyedShare)) return spec;
  const last = stages.length - Number(stages.at(-1)?.kind === 'farewell');
  const state = random.pick(['value', 'list', 'map'] as const);
  const inputs = random.chance(0.3) ? 2 : 1;
  const stage: StageSpec = { kind: 'keyed', state, ...keyedBy(random, boundsOf.any.parallelisms), inputs };
  return { ...spec, stages: [...stages.slice(0, last), stage, ...stages.slice(last)] };
}

function withAsync(random: Random, vertices: number, spec: JobSpec): JobSpec {
  const { stages } = spec;
  if (vertexCount(spec) + 1 >= vertices || !random.chance(spec.time === null ? asyncShare : asyncTimedShare))
    return spec;
  const last = stages.length - Number(stages.at(-1)?.kind === 'farewell');
  const timed = stages.findIndex(isTimeStage);
  const at = random.integer(0, timed < 0 ? last : timed);
  const stage: StageSpec = { kind: 'async', ordered: random.chance(0.25), capacity: random.integer(1, 8) };
  return { ...spec, stages: [...stages.slice(0, at), stage, ...stages.slice(at)] };
}

/** One flatMap at most: the number of records stays what a short run can take. */
function plainStage(random: Random, before: readonly StageSpec[]): StageSpec {
  const kind = random.pick(['map', 'filter', 'flatMap'] as const);
  if (kind === 'filter') return { kind, oneIn: random.integer(2, 5) };
  if (kind === 'map' || before.some((stage) => stage.kind === 'flatMap')) return { kind: 'map' };
  return { kind, copies: random.integer(0, 2) + 1, lazy: random.chance(0.5) };
}

/**
 * Sources, the union of two, and what is not chained to what stands before; a sink of another parallelism is one more.
 */
function vertexCount({ sources, stages }: Pick<JobSpec, 'sources' | 'stages'>): number {
  const own = stages.filter((stage) => beginsVertex.has(stage.kind) || isTimeStage(stage)).length;
  return sources.length + (sources.length > 1 ? 1 : 0) + own;
}

const beginsVertex: ReadonlySet<string> = new Set<StageSpec['kind']>([
  'rebalance',
  'broadcast',
  'async',
  'keyed',
  'notes',
]);

/** The parameter by which a generated job finds its spec in its record. */
export const specParam = 'spec';

/** The spec of a generated job; null for a job of somebody else's. */
export function specOf({ params }: Pick<JobRecord, 'params'>): JobSpec | null {
  const at = params.indexOf(`--${specParam}`);
  const text = params[at + 1];
  return at < 0 || text === undefined ? null : (JSON.parse(text) as JobSpec);
}

export const paramsOf = (spec: JobSpec): readonly string[] => [`--${specParam}`, JSON.stringify(spec)];
