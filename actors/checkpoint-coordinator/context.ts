import type { Failure } from '../kernel/failure.js';
import { invariant } from '../kernel/invariant.js';
import type { AskRef } from '../kernel/message.js';
import type {
  Address,
  CheckpointId,
  Epoch,
  Incarnation,
  JobId,
  JobRun,
  SubtaskKey,
  VertexId,
} from '../protocol/ids.js';
import { actorNames, jobRun, subtaskKey } from '../protocol/ids.js';
import type { JobGraph } from '../protocol/job-graph.js';
import type {
  CheckpointManifest,
  EnumeratorSnapshot,
  RetainedCheckpoint,
  SubtaskSnapshot,
} from '../protocol/manifest.js';
import type { SavepointWish, StopWithSavepoint } from '../protocol/savepoint.js';
import type { Cells } from './cells.js';
import type { CheckpointCoordinatorInput } from './messages.js';

/** One subtask of the run; never changes. */
export interface Member {
  /** Its place in every list of the context that has one entry a subtask. */
  readonly index: number;
  readonly key: SubtaskKey;
  readonly vertex: VertexId;
  /** Its place among the subtasks of its vertex. */
  readonly subtask: number;
  readonly address: Address;
  /** Uid of the source that it reads, or null. */
  readonly source: string | null;
}

/** Only ever goes from left to right. */
export type Life = 'running' | 'drained' | 'finished';

/**
 * Where a subtask stands in the current checkpoint:
 *
 *     awaited → snapshotted                           the barrier reaches it through its channels
 *     triggered → injected → snapshotted              it was asked to put the barrier into its stream
 *     snapshotted → committing → committed            the checkpoint is durable
 *     awaited to snapshotted → aborting → aborted
 *
 * `exempt` ones had finished before the checkpoint began.
 */
export type Phase =
  | 'exempt'
  | 'awaited'
  | 'triggered'
  | 'injected'
  | 'snapshotted'
  | 'committing'
  | 'committed'
  | 'aborting'
  | 'aborted';

/**
 * A savepoint of a job that goes on: `wanted` until a checkpoint may begin, `taking` while its parts are collected, then `covering`, while a
 * checkpoint that commits all it holds is taken right after it, and then it is published.
 */
export interface Savepoint {
  readonly wish: SavepointWish;
  readonly ask: AskRef;
  readonly step: 'wanted' | 'taking' | 'covering';
  /** From `covering` on. */
  readonly taken: CheckpointManifest | null;
}

/** The savepoint with which the job ends: it is the last checkpoint too. One that fails is tried again. */
export interface Stop {
  readonly wish: StopWithSavepoint;
  readonly step: 'wanted' | 'taking' | 'published';
}

/** What decides when the next checkpoint begins. No clock: what has gone by has said so. */
export interface Timing {
  /** A checkpoint that the job-master waits for. */
  readonly asked: 'none' | 'wanted' | 'taking';
  /** The interval has gone by since the newest one began. */
  readonly due: boolean;
  /** After the end of one: `owed` until its time is being taken. `none`: there was no checkpoint in this run. */
  readonly pause: 'none' | 'owed' | 'running' | 'over';
}

/** What stays the same for the life of this actor. */
export interface Plan {
  readonly job: JobId;
  readonly run: JobRun;
  readonly epoch: Epoch;
  readonly incarnation: Incarnation;
  readonly graph: JobGraph;
  readonly askEveryMs: number;
  /** How long a subtask may take to commit, or to forget. */
  readonly replyTimeoutMs: number;
  readonly storeTimeoutMs: number;
  readonly members: readonly Member[];
  readonly indexOf: Readonly<Record<SubtaskKey, number>>;
  /** Uids of the sources; each has a coordinator of its own. Only a job without subtasks has none. */
  readonly sources: readonly string[];
  /** The savepoint that the run begins with, while there is no checkpoint of its own. */
  readonly origin: CheckpointManifest | null;
}

/**
 * Thousands of messages make a checkpoint, so each must cost little. Lists with one entry a subtask are arrays: `with`
 * replaces one of a thousand entries in less than a microsecond, where copying a record takes ninety. And what never
 * changes stands apart: copying an object of more than 18 fields costs fifteen times as much as one of fewer.
 */
export interface CheckpointCoordinatorContext {
  readonly plan: Plan;

  // What outlives a checkpoint
  readonly lives: readonly Life[];
  /** How many subtasks are not finished, and how many are neither drained nor finished. */
  readonly unfinished: number;
  readonly undrained: number;
  /** The newest checkpoint whose log entry exists: base of the next trigger. */
  readonly latest: CheckpointManifest | null;
  /** Older than `latest` and kept as well, oldest first. */
  readonly retained: readonly RetainedCheckpoint[];
  /** Index of the next log entry. */
  readonly nextIndex: number;
  /** How many checkpoints have failed since the last durable one. */
  readonly failures: number;
  /** Why the last checkpoint, or this actor, has failed. */
  readonly cause: Failure | null;

  // The current checkpoint
  /** The newest that has begun; before the first of this run, the id to count on from. */
  readonly newest: CheckpointId;
  /** By source. */
  readonly enumerators: readonly (EnumeratorSnapshot | null)[];
  /** By subtask. */
  readonly phases: Cells<Phase>;
  readonly snapshots: Cells<SubtaskSnapshot | null>;
  /** How many sources or subtasks the current state waits for. */
  readonly missing: number;
  /** How many times the creation of the log entry has been tried. */
  readonly creations: number;
  /** Blobs that no checkpoint which is kept refers to any more. */
  readonly superseded: readonly string[];

  // Savepoints
  readonly savepoint: Savepoint | null;
  readonly stop: Stop | null;
  readonly timing: Timing;
}

const checkpointsPerRound = 1_000_000;

export function checkpointCoordinatorContext(input: CheckpointCoordinatorInput): CheckpointCoordinatorContext {
  const plan = planOf(input);
  const finished = new Set(input.finished);
  const lives = plan.members.map(({ key }): Life => (finished.has(key) ? 'finished' : 'running'));
  const unfinished = lives.filter((life) => life !== 'finished').length;
  return {
    plan,
    lives,
    unfinished,
    undrained: unfinished,
    latest: input.latest,
    retained: input.retained,
    nextIndex: input.nextIndex,
    failures: 0,
    cause: null,
    newest: before(input),
    enumerators: [],
    phases: [],
    snapshots: [],
    missing: 0,
    creations: 0,
    superseded: [],
    savepoint: null,
    stop: stopOf(input),
    timing: { asked: 'none', due: false, pause: 'none' },
  };
}

/** A run that goes on from the savepoint with which the job ends has it to publish, whatever it was told. */
function stopOf({ latest, stop }: CheckpointCoordinatorInput): Stop | null {
  const wish = latest?.stops ?? stop ?? null;
  return wish === null ? null : { wish, step: 'wanted' };
}

function planOf(input: CheckpointCoordinatorInput): Plan {
  const { job, run, epoch, incarnation, graph, options, origin = null } = input;
  const members = membersOf(input);
  const sources = new Set(members.map(({ source }) => source).filter((source) => source !== null));
  return {
    job,
    run,
    epoch,
    incarnation,
    graph,
    askEveryMs: options.askEveryMs,
    replyTimeoutMs: options.deployTimeoutMs,
    storeTimeoutMs: options.storeTimeoutMs,
    members,
    indexOf: Object.fromEntries(members.map(({ key, index }) => [key, index])),
    sources: [...sources],
    origin,
  };
}

/**
 * Checkpoint n of a run is `round × 1,000,000 + n`, so that no two runs of an epoch use one number, also for checkpoints
 * that were never complete and that this run has never heard of. A run with more than a million goes on into the numbers
 * of the next round; that round starts above the newest complete one, so numbers only ever grow (I6).
 */
function before({ run, epoch, latest }: CheckpointCoordinatorInput): CheckpointId {
  const round = run - jobRun(epoch, 0);
  invariant(round >= 0, 'a run of an earlier epoch', { run, epoch });
  return { epoch, n: Math.max(round * checkpointsPerRound, latest?.id.epoch === epoch ? latest.id.n : 0) };
}

function membersOf({ job, run, graph, placement }: CheckpointCoordinatorInput): Member[] {
  const members: Member[] = [];
  for (const { id, parallelism, operators } of graph.vertices) {
    const source = operators.find(({ kind }) => kind === 'source')?.uid ?? null;
    for (let subtask = 0; subtask < parallelism; subtask += 1) {
      const key = subtaskKey(id, subtask);
      const slot = placement[key];
      invariant(slot !== undefined, 'a subtask without a slot', { run, key });
      const address = {
        process: slot.process,
        incarnation: slot.incarnation,
        actor: actorNames.subtask(job, run, key),
      };
      members.push({ index: members.length, key, vertex: id, subtask, address, source });
    }
  }
  return members;
}
