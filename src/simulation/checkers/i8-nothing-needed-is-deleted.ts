import type { Effect } from '../../../actors/kernel/effect.js';
import type { CheckpointManifest } from '../../../actors/protocol/manifest.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import { statePrefix } from '../../runtime/host/sweeper.js';
import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { StoreEvent } from '../sim-store.js';
import { completedCheckpoint, endsLog, idText } from './log-entries.js';
import { blobFault, blobsOf, runOfBlob } from './manifest-blobs.js';

/**
 * I8: no blob that a retained checkpoint refers to is deleted or replaced: the newest is what every restore, also one in progress, reads, older
 * ones are what it may go back to, and they are what is left of a job that has ended, where they are to outlive it. Retained are as many of the
 * newest entries of the log as the job says. And a sweep that was begun after the healing leaves
 * nothing of what stood there when it was begun, except what it was told to keep. Known from the store's events and the
 * `blobs.sweep` effects. Orphans that unlucky store calls leave before the healing are allowed: they cost space, and
 * the next sweep finds them.
 */
export const nothingNeededIsDeleted: CheckerFactory = (context) => new NothingNeededIsDeleted(context);

type Sweep = Extract<Effect, { kind: 'blobs.sweep' }>;

class NothingNeededIsDeleted implements Checker {
  readonly invariant = 'I8';
  /** Newest last. */
  private retained: readonly CheckpointManifest[] = [];
  /** The job has its result, and leaves no checkpoints. */
  private isOver = false;
  private readonly writtenAtMs = new Map<string, number>();
  private readonly sweeps: { readonly sweep: Sweep; readonly atMs: number }[] = [];

  constructor(private readonly context: CheckerContext) {}

  store(event: StoreEvent): void {
    const { job, graph } = this.context.record;
    const { options } = graph;
    if (event.name.startsWith(statePrefix(job))) this.blob(event);
    this.isOver ||= endsLog(event, this.context.record);
    if (this.isOver) this.retained = [];
    const manifest = completedCheckpoint(event, job);
    // What was on its way when the job ended is void; where checkpoints outlive it, it is one of them.
    if (manifest !== null && !this.isOver)
      this.retained = [...this.retained, manifest].slice(-(options.retainedCheckpoints ?? 1));
  }

  trace({ effects, atMs }: TraceRecord): void {
    for (const effect of effects) {
      if (effect.kind === 'blobs.sweep' && this.context.world.choices.isHealed)
        this.sweeps.push({ sweep: effect, atMs });
    }
  }

  ended(): void {
    for (const { sweep, atMs } of this.sweeps) this.swept(sweep, atMs);
  }

  private blob({ kind, name, process, life }: StoreEvent): void {
    if (kind !== 'delete') this.writtenAtMs.set(name, this.context.world.nowMs);
    for (const manifest of this.retained) {
      const handle = blobsOf(manifest).get(name);
      // The same bytes once more are a repetition that was on its way.
      const fault = handle === undefined ? null : blobFault(this.context.store, handle);
      if (fault === null) continue;
      const id = idText(manifest.id);
      throw new Violation('I8', `a ${kind} took what checkpoint ${id} refers to: ${fault}`, { process, life });
    }
  }

  private swept({ job, keep, throughRun }: Sweep, atMs: number): void {
    const kept = new Set(keep);
    for (const name of this.context.store.blobs.keys()) {
      const run = runOfBlob(job, name);
      if (run === null || run > throughRun || kept.has(name)) continue;
      const writtenAtMs = this.writtenAtMs.get(name) ?? 0;
      if (writtenAtMs < atMs)
        throw new Violation('I8', `${name} is an orphan that a sweep has left`, { writtenAtMs, sweptAtMs: atMs });
    }
  }
}
