import { type CheckpointId, checkpointText, type JobId, type JobRun, type SubtaskKey } from './ids.js';
import type { JobGraph } from './job-graph.js';
import { type BlobHandle, type CheckpointManifest, rangesOf } from './manifest.js';

/** A savepoint belongs to nobody but the person who wanted it: no job deletes it, and none goes on from it unless it is told to. */
export type SavepointName = string;

/** Somebody wants a savepoint of that name. */
export interface SavepointWish {
  readonly name: SavepointName;
  /** Drawn by whoever asks, and the same in every repetition: tells one's own savepoint from another of that name. */
  readonly request: string;
}

/** A savepoint with which a job ends. */
export interface StopWithSavepoint extends SavepointWish {
  /** First the input ends, event time runs to its end and all windows fire; else the job ends in the middle of its input. */
  readonly drain: boolean;
}

/** What a barrier says of the savepoint that it is for. */
export interface SavepointMark {
  readonly name: SavepointName;
  /** Nothing is processed after it, because the job ends with it. */
  readonly suspends: boolean;
}

/** Keeps a name for one request, from before the first byte of the savepoint is written. */
export interface SavepointOwner {
  readonly format: 1;
  /** Whose end sweeps what was never complete; null for a copy, which no job of this store has taken. */
  readonly job: JobId | null;
  readonly request: string;
}

/** A savepoint exists when this record does. All it refers to lies in the same folder. */
export interface SavepointManifest {
  readonly format: 1;
  readonly name: SavepointName;
  readonly request: string;
  readonly job: JobId;
  readonly graph: JobGraph;
  readonly checkpoint: CheckpointManifest;
}

/** Stands in the place of a manifest: the savepoint was never complete, its job has ended, and its files are gone. */
export interface VoidSavepoint {
  readonly format: 1;
  readonly name: SavepointName;
  readonly void: true;
}

/** Where a job begins that does not begin anew. */
export interface JobOrigin {
  readonly savepoint: SavepointName;
  /** State of operators that the job does not have is left behind. */
  readonly allowDroppedState: boolean;
  /** By the uid of the first operator of a vertex that does not say how many key groups it has: how many it had. */
  readonly maxParallelism: Readonly<Record<string, number>>;
}

export const savepointsPrefix = 'savepoints/';
export const savepointFolder = (name: SavepointName): string => `${savepointsPrefix}${name}/`;
export const savepointKey = (name: SavepointName): string => `${savepointFolder(name)}manifest`;
export const savepointOwnerKey = (name: SavepointName): string => `${savepointFolder(name)}owner`;
/** One try of one part. */
interface PartPlace {
  readonly run: JobRun;
  readonly checkpoint: CheckpointId;
  readonly subtask: SubtaskKey;
}

const partPath = ({ run, checkpoint, subtask }: PartPlace): string =>
  `${run}/${checkpointText(checkpoint)}/${subtask.replaceAll('#', '-')}`;

/** No two tries of one savepoint write to the same place. */
export const savepointBlob = (name: SavepointName, place: PartPlace): string =>
  `${savepointFolder(name)}${partPath(place)}`;
/** The same for a checkpoint. */
export const stateBlob = (job: JobId, place: PartPlace): string => `jobs/${job}/state/${partPath(place)}`;

export const isSavepointName = (name: string): boolean => /^[a-z0-9][a-z0-9._-]{0,99}$/.test(name);
export const savepointNameRule =
  'lower-case letters, digits, dots, dashes and underscores, at most 100, a letter or digit first';

/** Of a job that goes on from a savepoint: older than every checkpoint of its own, whatever epoch the savepoint was taken in. */
export const originId: CheckpointId = { epoch: 0, n: 0 };

/** Everything of it had been processed to the end: nothing is left that could go on. */
export const isDrained = ({ subtasks }: CheckpointManifest): boolean => subtasks.every(({ drained }) => drained);

/** Readers had ended in it, because the job was being stopped, before they had read all: nobody who goes on from it would read the rest. */
const isInputStopped = ({ subtasks, inputStopped }: CheckpointManifest): boolean =>
  inputStopped === true || subtasks.some(({ stopped }) => stopped === true);

/** Why nobody can go on with what it holds; null when somebody can. */
export function endedText({ name, checkpoint }: Pick<SavepointManifest, 'name' | 'checkpoint'>): string | null {
  if (isDrained(checkpoint)) {
    return (
      `Savepoint '${name}' was taken when all input was processed to its end, so nothing is left to go on with. ` +
      'Give the job without --from to begin anew. To have one that goes on, stop without --drain, before the input ends.'
    );
  }
  if (isInputStopped(checkpoint)) {
    return (
      `'${name}' was taken while its job was being stopped: some of the input had ended before all of it was read, and nobody would read the rest. ` +
      'Take a savepoint from before, or stop a job with one: weir stop --savepoint.'
    );
  }
  return null;
}

/** What is said of a job that is to be stopped without a savepoint when one is wanted. */
export const stoppingText = (job: JobId): string =>
  `Job '${job}' is being stopped: its input ends before all of it is read, and nobody who goes on from a savepoint would read the rest. ` +
  `To end a job with a savepoint, stop it so: weir stop ${job} --savepoint.`;

/** All that it refers to, each blob once. */
export function savepointBlobs({ subtasks }: CheckpointManifest): readonly BlobHandle[] {
  const ranges = subtasks.flatMap(({ operators }) => operators.flatMap(rangesOf));
  return [...new Map(ranges.map(({ blob }) => [blob.name, blob])).values()];
}

/** By the uid of each operator that has keyed state in it: how many key groups there were. */
export function keyGroupsBefore({ graph, checkpoint }: SavepointManifest): Readonly<Record<string, number>> {
  const operators = checkpoint.subtasks.flatMap((subtask) => subtask.operators);
  const keyed = new Set(operators.filter(({ keyGroups }) => keyGroups.length > 0).map(({ uid }) => uid));
  const groups = graph.vertices.flatMap((vertex) =>
    vertex.operators.map(({ uid }) => [uid, vertex.maxParallelism] as const),
  );
  return Object.fromEntries(groups.filter(([uid]) => keyed.has(uid)));
}

/** What the store holds is input: the savepoint, or why it is none, as a sentence that says what to do. */
export function savepointIn(record: unknown, name: SavepointName): SavepointManifest | string {
  if (isVoid(record)) return `Savepoint '${name}' was never complete, and its job has ended. Choose another one.`;
  if (!isManifestLike(record))
    return `What stands at ${savepointKey(name)} is no savepoint. Put it back from a copy, or take another.`;
  if (record.format !== 1)
    return `Savepoint '${name}' has format ${String(record.format)}, and this version reads 1. Use the version that wrote it.`;
  const { checkpoint, graph } = record as unknown as SavepointManifest;
  const isWhole =
    Array.isArray(checkpoint?.subtasks) && Array.isArray(checkpoint.enumerators) && Array.isArray(graph?.vertices);
  if (isWhole && record.name === name) return record as unknown as SavepointManifest;
  const what = isWhole ? `says that it is '${String(record.name)}'` : 'lacks some of its parts';
  return `Savepoint '${name}' ${what}. Put it back from a copy, or take another.`;
}

const isVoid = (record: unknown): boolean => typeof record === 'object' && record !== null && 'void' in record;

type ManifestLike = Readonly<Record<'format' | 'name' | 'request' | 'job' | 'graph' | 'checkpoint', unknown>>;

const isManifestLike = (record: unknown): record is ManifestLike =>
  typeof record === 'object' &&
  record !== null &&
  ['format', 'name', 'request', 'job', 'graph', 'checkpoint'].every((field) => field in record);
