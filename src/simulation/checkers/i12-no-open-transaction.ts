import type { JobRun } from '../../../actors/protocol/ids.js';
import { jobRun, runText } from '../../../actors/protocol/ids.js';
import type { SubtaskMessage } from '../../../actors/subtask/messages.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { FileEvent } from '../sim-files.js';
import type { StoreEvent } from '../sim-store.js';
import { createdEntry, createdResult } from './log-entries.js';
import { openPartAt } from './parts.js';

/**
 * I12: when a job has finished, no part is left that is neither shown nor removed, of the run that finished it or of
 * one before. A part that an attempt cut off from its leader began or closed only after a later run had cleared away
 * what it found there may be left: nobody can remove what is not there yet. Known from file events and the log. It
 * knows the names that file sinks give.
 */
export const noOpenTransaction: CheckerFactory = (context) => new NoOpenTransaction(context);

class NoOpenTransaction implements Checker {
  readonly invariant = 'I12';
  private readonly touchedAtMs = new Map<string, number>();
  /** When each run triggered its first checkpoint: its writers look for leftovers after that. */
  private readonly triggeredAtMs = new Map<JobRun, number>();
  /** The same, of the runs that have completed a checkpoint: all their writers have looked. */
  private readonly clearedAtMs = new Map<JobRun, number>();
  private run: JobRun = -1;
  private isFinished = false;

  constructor(private readonly context: CheckerContext) {}

  store(event: StoreEvent): void {
    const { job } = this.context.record;
    if (createdResult(event, job)?.outcome === 'finished') this.isFinished = true;
    const entry = createdEntry(event, job);
    if (entry?.kind === 'recovered') this.run = entry.run;
    if (entry?.kind !== 'checkpoint') return;
    const { run } = entry.checkpoint;
    this.clearedAtMs.set(run, this.triggeredAtMs.get(run) ?? 0);
  }

  trace({ effects, atMs }: TraceRecord): void {
    for (const effect of effects) {
      if (effect.kind !== 'ask' || effect.message.type !== 'subtask.triggerCheckpoint') continue;
      const { run } = effect.message as Extract<SubtaskMessage, { type: 'subtask.triggerCheckpoint' }>;
      if (!this.triggeredAtMs.has(run)) this.triggeredAtMs.set(run, atMs);
    }
  }

  file({ kind, path, to }: FileEvent): void {
    this.touchedAtMs.delete(path);
    const now = kind === 'rename' ? to : path;
    if (kind !== 'remove' && openPartAt(now) !== null) this.touchedAtMs.set(now, this.context.world.nowMs);
  }

  ended(): void {
    if (!this.isFinished) return;
    for (const [path, atMs] of this.touchedAtMs) {
      const part = openPartAt(path);
      if (part === null) continue;
      const run = jobRun(part.epoch, part.round);
      if (run < this.run && !this.wasCleared(run, atMs)) continue;
      throw new Violation(
        'I12',
        `${path} of run ${runText(run)} is left open, and run ${runText(this.run)} has finished the job`,
        { atMs },
      );
    }
  }

  /** A later run looked for leftovers after this one was there. */
  private wasCleared(run: JobRun, atMs: number): boolean {
    for (const [later, clearedAtMs] of this.clearedAtMs) if (later > run && clearedAtMs > atMs) return true;
    return false;
  }
}
