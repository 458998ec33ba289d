import { checkpointText } from '../../actors/protocol/ids.js';
import { type CheckpointManifest, rangesOf, type StateRange } from '../../actors/protocol/manifest.js';
import type { TraceRecord } from '../ports/telemetry.js';

export interface LastCheckpoint {
  readonly durationMs: number;
  /** Written for it. */
  readonly bytes: number;
  /** All that it refers to, which is what a restore reads. */
  readonly fullBytes: number;
  readonly completedAtMs: number;
}

const undecided: ReadonlySet<string> = new Set(['triggering', 'collecting', 'writingManifest']);

/** The checkpoints of one job under one leader, from the steps of its coordinators. */
export class CheckpointFacts {
  completed = 0;
  /** Declined, too late, or not stored. */
  failed = 0;
  /** Ended with the run that they belonged to. */
  aborted = 0;
  /** On the clock of the traces. */
  last: LastCheckpoint | null = null;
  private startedAtMs: number | null = null;

  trace({ fromState, toState, atMs, contextPatch }: TraceRecord): void {
    if (toState === null || toState === fromState) return;
    if (toState === 'triggering') this.startedAtMs = atMs;
    else if (toState === 'notifying') this.complete(atMs, contextPatch.latest as CheckpointManifest | undefined);
    else if (toState === 'aborting' || (toState === 'failed' && undecided.has(fromState ?? ''))) {
      this.failed += 1;
      this.startedAtMs = null;
    }
  }

  /** The run is over, and its coordinator with it. */
  endRun(): void {
    if (this.startedAtMs !== null) this.aborted += 1;
    this.startedAtMs = null;
  }

  private complete(atMs: number, manifest: CheckpointManifest | undefined): void {
    this.completed += 1;
    if (this.startedAtMs !== null && manifest !== undefined) {
      this.last = { durationMs: atMs - this.startedAtMs, completedAtMs: atMs, ...checkpointSize(manifest) };
    }
    this.startedAtMs = null;
  }
}

/** Parts that are taken over from earlier checkpoints count in full, and not as written. */
export function checkpointSize({ id, run, subtasks }: CheckpointManifest): { bytes: number; fullBytes: number } {
  const own = `/${run}/${checkpointText(id)}/`;
  const written = new Map<string, number>();
  let fullBytes = 0;
  const add = ({ blob, bytes }: StateRange): void => {
    fullBytes += bytes;
    if (blob.name.includes(own)) written.set(blob.name, blob.bytes);
  };
  for (const { operators } of subtasks) {
    for (const operator of operators) for (const range of rangesOf(operator)) add(range);
  }
  return { bytes: [...written.values()].reduce((sum, bytes) => sum + bytes, 0), fullBytes };
}
