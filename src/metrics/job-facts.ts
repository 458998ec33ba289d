import type { Failure } from '../../actors/protocol/failure.js';
import { type FailureClass, failureClass } from '../../actors/protocol/failure-class.js';
import type { JobId } from '../../actors/protocol/ids.js';
import type { JobGraph } from '../../actors/protocol/job-graph.js';
import type { TraceRecord } from '../ports/telemetry.js';
import { CheckpointFacts } from './checkpoint-facts.js';

/** How many jobs that have ended keep their figures. */
const endedMax = 64;

/** One job under this leader. */
export interface JobFacts {
  /** Of its job-master. */
  state: string;
  ended: boolean;
  restarts: number;
  /** Failures that have ended a run, by class. */
  readonly failures: Map<FailureClass, number>;
  rescales: number;
  /** By the name of the vertex. */
  parallelism: Readonly<Record<string, number>>;
  readonly checkpoints: CheckpointFacts;
}

interface Followed extends JobFacts {
  intent: unknown;
  cause: Failure | null;
}

const endStates: ReadonlySet<string> = new Set(['finished', 'failed', 'canceled', 'superseded']);

/** What has become of each job, from the steps of job-masters and checkpoint-coordinators. */
export class JobsFacts {
  /** The one that ended longest ago first among those that have ended. */
  readonly jobs: ReadonlyMap<JobId, JobFacts>;
  private readonly followed = new Map<JobId, Followed>();

  constructor() {
    this.jobs = this.followed;
  }

  trace(record: TraceRecord): void {
    const { actor } = record;
    if (actor.startsWith('job-master/')) this.jobMaster(actor.slice('job-master/'.length), record);
    else if (actor.startsWith('checkpoint-coordinator/')) {
      this.followed.get(actor.slice('checkpoint-coordinator/'.length))?.checkpoints.trace(record);
    }
  }

  private jobMaster(job: JobId, { fromState, toState, contextPatch }: TraceRecord): void {
    if (toState === null) return;
    if (fromState === null) this.begin(job);
    const facts = this.followed.get(job);
    if (facts === undefined) return;
    facts.intent = contextPatch.intent ?? facts.intent;
    facts.cause = (contextPatch.cause as Failure | undefined) ?? facts.cause;
    facts.parallelism = parallelismIn(contextPatch.graph) ?? facts.parallelism;
    if (toState === fromState) return;
    facts.state = toState;
    if (fromState === 'running') facts.checkpoints.endRun();
    if (toState === 'pausing') this.pause(facts);
    if (endStates.has(toState)) this.end(job, facts);
  }

  private pause(facts: Followed): void {
    const { intent, cause, failures } = facts;
    if (intent === 'restart') facts.restarts += 1;
    if (intent === 'rescale') facts.rescales += 1;
    if (cause === null || (intent !== 'restart' && intent !== 'fail')) return;
    const kind = failureClass(cause);
    failures.set(kind, (failures.get(kind) ?? 0) + 1);
  }

  private begin(job: JobId): void {
    this.followed.delete(job);
    this.followed.set(job, {
      state: 'created',
      ended: false,
      restarts: 0,
      rescales: 0,
      parallelism: {},
      failures: new Map(),
      checkpoints: new CheckpointFacts(),
      intent: null,
      cause: null,
    });
  }

  private end(job: JobId, facts: Followed): void {
    facts.ended = true;
    this.followed.delete(job);
    this.followed.set(job, facts);
    const ended = [...this.followed].filter(([, each]) => each.ended);
    for (const [oldest] of ended.slice(0, Math.max(0, ended.length - endedMax))) this.followed.delete(oldest);
  }
}

const parallelismIn = (graph: unknown): JobFacts['parallelism'] | null =>
  graph === undefined
    ? null
    : Object.fromEntries((graph as JobGraph).vertices.map(({ name, parallelism }) => [name, parallelism]));
