import type { Effect } from '../../../actors/kernel/effect.js';
import type { Placement } from '../../../actors/protocol/deployment.js';
import type { Address, Epoch, JobRun } from '../../../actors/protocol/ids.js';
import { jobRun, runText } from '../../../actors/protocol/ids.js';
import type { CheckpointManifest } from '../../../actors/protocol/manifest.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { StoreEvent } from '../sim-store.js';
import { lifeText } from './leaders.js';
import { completedCheckpoint, idText } from './log-entries.js';
import { blobsOf, writerOf } from './manifest-blobs.js';

/**
 * I3: of all attempts of a subtask only that of the current run has effects. A job-master and its coordinators change
 * nothing because of what a subtask of another run says, or one that speaks from another place than where the run has
 * put it; and a manifest refers only to blobs that its own run wrote or that an earlier complete checkpoint held. Known
 * from the traces of the leader's actors (run and placement are the inputs they are started with) and from the log.
 * What an attempt of an older run does by itself, such as writing a file that nobody will ever commit, is no effect and
 * is not looked at; I11 watches commits.
 */
export const oneLiveAttempt: CheckerFactory = (context) => new OneLiveAttempt(context);

/** The run that an actor of the leader works for, and where the subtasks are that it hears. */
interface Hearing {
  readonly run: JobRun;
  readonly placement: Placement;
}

class OneLiveAttempt implements Checker {
  readonly invariant = 'I3';
  private readonly hearings = new Map<string, Hearing>();
  private readonly epochs = new Map<string, Epoch>();
  private complete = new Set<string>();

  constructor(private readonly context: CheckerContext) {}

  trace(record: TraceRecord): void {
    const isHeard = record.message.type.startsWith('subtask.');
    const isJobMaster = record.actor.startsWith('job-master/');
    if (isHeard || isJobMaster) {
      const name = `${lifeText(record)}/${record.actor}`;
      const hearing = isHeard ? this.hearings.get(name) : undefined;
      if (hearing !== undefined) this.heard(record, hearing);
      if (isJobMaster) this.followJobMaster(name, record);
    }
    for (const effect of record.effects) {
      if (effect.kind === 'actor.start') this.begin(`${lifeText(record)}/${effect.actor}`, effect);
    }
  }

  store(event: StoreEvent): void {
    const manifest = completedCheckpoint(event, this.context.record.job);
    if (manifest !== null) this.completed(manifest);
  }

  private begin(name: string, { role, input }: Extract<Effect, { kind: 'actor.start' }>): void {
    if (role === 'checkpoint-coordinator') {
      const { run, placement } = input as Hearing;
      this.hearings.set(name, { run, placement });
    } else if (role === 'source-coordinator' || role === 'alignment') {
      const { run, readers } = input as { readonly run: JobRun; readonly readers: Placement };
      this.hearings.set(name, { run, placement: readers });
    }
  }

  /** A job-master outlives its runs: round and placement change with them. */
  private followJobMaster(name: string, { contextPatch }: TraceRecord): void {
    const { epoch, round, placement } = contextPatch;
    if (typeof epoch === 'number') this.epochs.set(name, epoch);
    if (round === undefined && placement === undefined) return;
    const before = this.hearings.get(name);
    const run = typeof round === 'number' ? jobRun(this.epochs.get(name) ?? 0, round) : (before?.run ?? -1);
    this.hearings.set(name, { run, placement: (placement as Placement | undefined) ?? before?.placement ?? {} });
  }

  private heard(record: TraceRecord, { run, placement }: Hearing): void {
    const { message, from } = record;
    if (!changesSomething(record) || !('run' in message)) return;
    if (message.run !== run) {
      throw new Violation(
        'I3',
        `${record.actor} of run ${runText(run)} acted on ${message.type} of run ${String(message.run)}`,
        {
          from,
          message,
        },
      );
    }
    const subtask = subtaskOf(message);
    const place = subtask === null ? undefined : placement[subtask];
    if (place === undefined || from === null || isAt(from, place)) return;
    throw new Violation('I3', `${record.actor} acted on ${message.type} of a second attempt of ${String(subtask)}`, {
      from,
      place,
    });
  }

  private completed(manifest: CheckpointManifest): void {
    const { job } = this.context.record;
    const blobs = blobsOf(manifest);
    for (const name of blobs.keys()) {
      if (writerOf(job, name) === manifest.run || this.complete.has(name)) continue;
      const written = `${name}, which run ${runText(manifest.run)} did not write and no checkpoint held`;
      throw new Violation('I3', `checkpoint ${idText(manifest.id)} refers to ${written}`);
    }
    this.complete = new Set(blobs.keys());
  }
}

/** To answer a stale question again is no effect. */
function changesSomething({ verdict, fromState, toState, contextPatch, effects }: TraceRecord): boolean {
  if (verdict.kind !== 'taken') return false;
  if (fromState !== toState || effects.some(({ kind }) => kind !== 'answer')) return true;
  for (const _ in contextPatch) return true;
  return false;
}

function subtaskOf(message: object): string | null {
  if ('subtask' in message) return message.subtask as string;
  return 'snapshot' in message ? (message.snapshot as { readonly subtask: string }).subtask : null;
}

const isAt = (from: Address, place: { readonly process: string; readonly incarnation: string }): boolean =>
  from.process === place.process && from.incarnation === place.incarnation;
