import type { Failure } from '../../actors/protocol/failure.js';
import type { Epoch, JobId, ProcessName } from '../../actors/protocol/ids.js';
import type { JobResult } from '../../actors/protocol/job-graph.js';
import type { LostTaskManager } from '../../actors/resource-manager/messages.js';
import type { TaskManagerRow } from '../../actors/resource-manager/table.js';
import type { TraceRecord } from '../ports/telemetry.js';

/** Beats that may be open for one task manager; older ones have been answered or never will be. */
const beatsMax = 16;

/** What the leader knows of its cluster, from the steps of the dispatcher, the resource manager and the heartbeats. */
export class ClusterFacts {
  epoch: Epoch | null = null;
  taskManagers: readonly TaskManagerRow[] = [];
  /** By reason. */
  readonly lost = new Map<string, number>();
  private lostBefore: readonly LostTaskManager[] = [];
  private running: readonly JobId[] = [];
  private results: Readonly<Record<JobId, JobResult>> = {};
  private damaged: Readonly<Record<JobId, Failure>> = {};
  /** By actor, then by the number of the beat: when it was asked. */
  private readonly beats = new Map<string, Map<number, number>>();
  private readonly roundTrips = new Map<ProcessName, number>();

  trace(record: TraceRecord): void {
    const { actor } = record;
    if (actor === 'dispatcher') this.dispatcher(record);
    else if (actor === 'resource-manager') this.resourceManager(record);
    else if (actor.startsWith('heartbeat/')) this.heartbeat(record);
  }

  /** How many jobs are in each of the states that a client sees. */
  jobs(): Readonly<Record<'running' | 'finished' | 'failed' | 'canceled' | 'damaged', number>> {
    const counts = { running: this.running.length, finished: 0, failed: 0, canceled: 0, damaged: 0 };
    for (const { outcome } of Object.values(this.results)) counts[outcome] += 1;
    counts.damaged = Object.keys(this.damaged).length;
    return counts;
  }

  slots(): { readonly total: number; readonly free: number } {
    const all = this.taskManagers.flatMap(({ slots }) => slots);
    return { total: all.length, free: all.filter(({ use }) => use.kind === 'free').length };
  }

  /** Milliseconds from the last answered beat to its answer, of each task manager that is not lost. */
  heartbeats(): readonly (readonly [ProcessName, number])[] {
    return this.taskManagers.flatMap(({ process }) => {
      const roundTripMs = this.roundTrips.get(process);
      return roundTripMs === undefined ? [] : [[process, roundTripMs] as const];
    });
  }

  private dispatcher({ contextPatch }: TraceRecord): void {
    const { epoch, running, results, damaged } = contextPatch;
    if (epoch !== undefined) this.epoch = epoch as Epoch;
    if (running !== undefined) this.running = running as readonly JobId[];
    if (results !== undefined) this.results = results as Readonly<Record<JobId, JobResult>>;
    if (damaged !== undefined) this.damaged = damaged as Readonly<Record<JobId, Failure>>;
  }

  private resourceManager({ contextPatch }: TraceRecord): void {
    if (contextPatch.taskManagers !== undefined) {
      this.taskManagers = contextPatch.taskManagers as readonly TaskManagerRow[];
      const living = new Set(this.taskManagers.map(({ process }) => process));
      for (const process of this.roundTrips.keys()) if (!living.has(process)) this.roundTrips.delete(process);
    }
    if (contextPatch.lost !== undefined) this.countLost(contextPatch.lost as readonly LostTaskManager[]);
  }

  /** The table keeps the latest of them, and forgets one whose loss turns out to be none. */
  private countLost(lost: readonly LostTaskManager[]): void {
    const before = new Set(this.lostBefore.map(({ incarnation }) => incarnation));
    this.lostBefore = lost;
    for (const { incarnation, reason } of lost) {
      if (!before.has(incarnation)) this.lost.set(reason, (this.lost.get(reason) ?? 0) + 1);
    }
  }

  private heartbeat({ actor, message, verdict, effects, atMs, toState }: TraceRecord): void {
    const asked = this.beats.get(actor) ?? new Map<number, number>();
    this.beats.set(actor, asked);
    if (message.type === 'taskManager.reported' && verdict.kind === 'taken' && 'beat' in message) {
      const askedAtMs = asked.get(message.beat as number);
      asked.delete(message.beat as number);
      if (askedAtMs !== undefined) this.roundTrips.set(processOf(actor), atMs - askedAtMs);
    }
    for (const effect of effects) {
      if (effect.kind === 'ask' && 'beat' in effect.message) asked.set(effect.message.beat as number, atMs);
      if (effect.kind === 'unask') asked.delete(Number(effect.id.slice(effect.id.lastIndexOf('/') + 1)));
    }
    for (const beat of asked.keys()) if (asked.size > beatsMax) asked.delete(beat);
    if (toState === 'lost') this.beats.delete(actor);
  }
}

/** `tm-1` of `heartbeat/tm-1@incarnation`. */
const processOf = (actor: string): ProcessName => actor.slice('heartbeat/'.length, actor.lastIndexOf('@'));
