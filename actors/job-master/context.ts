import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import type { Failure } from '../kernel/failure.js';
import type { AnyMessage, AskId, Delivered } from '../kernel/message.js';
import type { ClusterOptions, Placement } from '../protocol/deployment.js';
import type {
  ActorName,
  Address,
  Allocation,
  CheckpointId,
  Epoch,
  Incarnation,
  JobRun,
  ProcessName,
  SlotAddress,
  SubtaskKey,
} from '../protocol/ids.js';
import { jobRun } from '../protocol/ids.js';
import type { JobGraph, JobRecord, JobResult } from '../protocol/job-graph.js';
import type { CheckpointManifest, RetainedCheckpoint } from '../protocol/manifest.js';
import type { PastFailure } from '../protocol/past-failure.js';
import type { SavepointName, StopWithSavepoint } from '../protocol/savepoint.js';
import type { ScaleRecord } from '../protocol/scaling.js';
import type { LogReading } from './log.js';
import { notReading } from './log.js';
import type { JobMasterInput, JobMasterMessage } from './messages.js';
import type { SlotPhase, SubtaskPhase } from './phases.js';
import type { Rescaling } from './rescaling.js';
import type { Restarting } from './restarting.js';
import { restartingAnew } from './restarting.js';

export interface JobMasterContext {
  readonly record: JobRecord;
  readonly epoch: Epoch;
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly options: ClusterOptions;

  /** As it runs: what was submitted, at the parallelism of this run. */
  readonly graph: JobGraph;
  /** The newest promise of a parallelism; null while it is the one that was submitted. */
  readonly scale: ScaleRecord | null;
  /** Index of the next one, or of the one that is being read. */
  readonly nextScale: number;
  /** What earlier leaders have promised was listed. */
  readonly scaleListed: boolean;
  /** One that is being made. */
  readonly rescaling: Rescaling | null;
  /** A reactive job: the first run has waited for its task managers long enough, or needs not. */
  readonly settled: boolean;
  /** A reactive job: how many slots it could have, and in how many looks in a row. */
  readonly slotsSeen: { readonly count: number; readonly times: number } | null;

  /** From 1; with the epoch it makes the run. */
  readonly round: number;

  /** Requests to the store so far: each has a name of its own, so that a late answer is not taken for another's. */
  readonly requests: number;
  /** The one request whose answer is awaited. */
  readonly request: string | null;

  /** Index of the next entry of the manifest log. All below it are accounted for in `latest`. */
  readonly nextIndex: number;
  /** The newest complete checkpoint below `nextIndex`. */
  readonly latest: CheckpointManifest | null;
  readonly log: LogReading;

  /** Slots are asked for, and the grant has not come. */
  readonly requested: boolean;
  /** What this run was granted, in the order of the grant. */
  readonly slots: readonly SlotAddress[];
  /** By `slotText`. */
  readonly slotPhases: Readonly<Record<string, SlotPhase>>;
  /** Lives of task managers that were lost while this run waited for its slots: the grant may still name them. */
  readonly lost: readonly string[];
  readonly placement: Placement;
  readonly phases: Readonly<Record<SubtaskKey, SubtaskPhase>>;
  /** By the uid of the source. */
  readonly sources: Readonly<Record<string, 'discovering' | 'ready'>>;
  /** Actors that this run has started beside this one. */
  readonly coordinators: readonly ActorName[];
  /** The checkpoint-coordinator has said that all subtasks have committed the last checkpoint. */
  readonly allFinished: boolean;

  /** Its sources are to read nothing more, in this run and in every later one. */
  readonly stopping: boolean;
  /** It is to end with this savepoint, in this run or in a later one. */
  readonly stopWith: StopWithSavepoint | null;
  /** It has ended with this one. */
  readonly savepoint: SavepointName | null;
  /** Where the end of this run leads. */
  readonly intent: 'restart' | 'rescale' | 'fail' | 'cancel' | 'finish';
  /** Why the run was paused last. */
  readonly cause: Failure | null;
  /** Runs under this leader that the job's own code has ended. */
  readonly userFailures: number;
  readonly restarting: Restarting;
  /** Complete checkpoints that could not be restored, and that an older one stands in for. */
  readonly passedOver: readonly CheckpointId[];
  /** Older than `latest` and kept as well, oldest first. */
  readonly retained: readonly RetainedCheckpoint[];
  /** The last failures, oldest first, those under earlier leaders among them once they are known. */
  readonly history: readonly PastFailure[];
  /** An actor beside this one keeps them. */
  readonly keepsHistory: boolean;

  /** How far the end of the job is. */
  readonly endingStep: 'persisting' | 'closing' | 'reading' | 'sweeping';
  /** Durable once `endingStep` has passed `persisting`. */
  readonly result: JobResult | null;
}

export type Context = JobMasterContext;
export type On<T extends JobMasterMessage['type']> = Delivered<Extract<JobMasterMessage, { type: T }>>;
export type Any = Delivered<JobMasterMessage>;

export function jobMasterContext(input: JobMasterInput): JobMasterContext {
  return {
    ...input,
    graph: input.record.graph,
    scale: null,
    nextScale: 0,
    scaleListed: false,
    rescaling: null,
    settled: false,
    slotsSeen: null,
    round: 1,
    requests: 0,
    request: null,
    nextIndex: 0,
    latest: null,
    log: notReading,
    ...noRun,
    stopping: false,
    stopWith: null,
    savepoint: null,
    intent: input.canceled === true ? 'cancel' : 'restart',
    cause: null,
    userFailures: 0,
    restarting: restartingAnew(input.record.graph.options),
    passedOver: [],
    retained: [],
    history: [],
    keepsHistory: false,
    endingStep: 'persisting',
    result: null,
  };
}

/** What belongs to one run and is forgotten with it. */
export const noRun = {
  requested: false,
  slots: [],
  slotPhases: {},
  lost: [],
  placement: {},
  phases: {},
  sources: {},
  coordinators: [],
  allFinished: false,
} as const satisfies Partial<JobMasterContext>;

export const runOf = ({ epoch, round }: Context): JobRun => jobRun(epoch, round);

export const allocationOf = (context: Context): Allocation => ({
  job: context.record.job,
  run: runOf(context),
  epoch: context.epoch,
});

/** What each of its slots must have at least; 0 when any will do. */
export const slotMemoryOf = ({ record }: Context): number => record.graph.options.slotMemoryBytes ?? 0;

/** An actor of this process. */
export const beside = ({ process, incarnation }: Context, actor: ActorName): Address => ({
  process,
  incarnation,
  actor,
});

/** Asks the store something; only the answer to the newest request counts. */
export function requesting(
  context: Context,
  what: string,
  effect: (request: string) => Effect,
): { readonly context: Pick<Context, 'requests' | 'request'>; readonly effects: readonly Effect[] } {
  const requests = context.requests + 1;
  const request = `${what}/${runOf(context)}/${requests}`;
  return { context: { requests, request }, effects: [effect(request)] };
}

/** Whether this answers the request that is awaited. */
export function isAwaited(context: Context, message: AnyMessage): boolean {
  return 'request' in message && message.request === context.request;
}

export interface Question {
  readonly what: string;
  readonly subject: string;
  readonly to: Address;
  readonly message: AnyMessage;
  readonly deadlineMs: number;
}

/** One question of this run. */
export const asking = (context: Context, { what, subject, to, message, deadlineMs }: Question): Effect => ({
  kind: 'ask',
  id: askId(context, what, subject),
  to,
  message,
  everyMs: context.options.askEveryMs,
  deadlineMs,
});

export const askId = (context: Context, what: string, subject: string): AskId => `${what}/${runOf(context)}/${subject}`;

/** What a question of this run asks, and of whom; null for one of another run. */
export function questionOf(context: Context, id: AskId): { readonly what: string; readonly subject: string } | null {
  const [what = '', run, ...subject] = id.split('/');
  return run === String(runOf(context)) ? { what, subject: subject.join('/') } : null;
}

/** Both decisions, in this order. */
export function both<C>(first: Decision<C>, second: Decision<C>): Decision<C> {
  return {
    context: { ...first.context, ...second.context } as Partial<C>,
    effects: [...(first.effects ?? []), ...(second.effects ?? [])],
  };
}
