import type { SlotReport } from '../../actors/protocol/deployment.js';
import type { JobId, JobRun, SubtaskKey } from '../../actors/protocol/ids.js';
import type { SlotCounts, SubtaskCounts } from '../ports/subtask-counts.js';
import type { TaskTrace, TraceRecord } from '../ports/telemetry.js';

/** How the time of a subtask was spent between its last two reports. */
export interface TimeShares {
  readonly busy: number;
  readonly backPressured: number;
  readonly idle: number;
}

/** The last snapshot of a subtask. */
export interface SnapshotFacts {
  alignmentMs: number | null;
  syncMs: number | null;
  asyncMs: number | null;
  bytes: number | null;
  fullBytes: number | null;
}

/** One subtask that runs here. */
export interface SubtaskFacts {
  readonly job: JobId;
  readonly counts: SubtaskCounts;
  /** Null before its second report. */
  readonly shares: TimeShares | null;
  readonly snapshot: SnapshotFacts | null;
}

interface Held {
  readonly now: SlotCounts;
  readonly before: SlotCounts | null;
}

/** What runs in the slots of a task manager: from the reports of their threads, and from what their subtasks trace. */
export class SlotFacts {
  slotsUsed = 0;
  private readonly held = new Map<number, Held>();
  /** By run, then by subtask; only of runs that are held. */
  private readonly snapshots = new Map<JobRun, Map<SubtaskKey, SnapshotFacts>>();

  counted(slot: number, counts: SlotCounts | null): void {
    const before = this.held.get(slot)?.now ?? null;
    if (counts === null) this.held.delete(slot);
    else this.held.set(slot, { now: counts, before: before?.allocation.run === counts.allocation.run ? before : null });
    if (before === null || before.allocation.run === counts?.allocation.run) return;
    const runs = new Set([...this.held.values()].map(({ now }) => now.allocation.run));
    for (const run of this.snapshots.keys()) if (!runs.has(run)) this.snapshots.delete(run);
  }

  trace({ actor, contextPatch }: TraceRecord): void {
    if (actor !== 'task-manager' || contextPatch.slots === undefined) return;
    this.slotsUsed = (contextPatch.slots as readonly SlotReport[]).filter(
      ({ allocation }) => allocation !== null,
    ).length;
  }

  task({ what, run, subtask, detail }: TaskTrace): void {
    if (what === 'aligned') this.snapshotOf(run, subtask).alignmentMs = Number(detail.alignmentMs);
    if (what === 'snapshotTaken') {
      const facts = this.snapshotOf(run, subtask);
      facts.syncMs = Number(detail.syncMs);
      facts.asyncMs = Number(detail.asyncMs);
      facts.bytes = Number(detail.bytes);
      facts.fullBytes = Number(detail.fullBytes);
    }
  }

  subtasks(): readonly SubtaskFacts[] {
    return [...this.held.values()].flatMap(({ now, before }) =>
      now.subtasks.map((counts) => ({
        job: now.allocation.job,
        counts,
        shares: sharesOf(
          before?.subtasks.find(({ subtask }) => subtask === counts.subtask),
          counts,
        ),
        snapshot: this.snapshots.get(now.allocation.run)?.get(counts.subtask) ?? null,
      })),
    );
  }

  private snapshotOf(run: JobRun, subtask: SubtaskKey): SnapshotFacts {
    const ofRun = this.snapshots.get(run) ?? new Map<SubtaskKey, SnapshotFacts>();
    this.snapshots.set(run, ofRun);
    const facts = ofRun.get(subtask) ?? {
      alignmentMs: null,
      syncMs: null,
      asyncMs: null,
      bytes: null,
      fullBytes: null,
    };
    ofRun.set(subtask, facts);
    return facts;
  }
}

/** Null without two reports of one attempt. */
export function sharesOf(before: SubtaskCounts | undefined, now: SubtaskCounts): TimeShares | null {
  const livedMs = now.livedMs - (before?.livedMs ?? 0);
  if (before === undefined || livedMs <= 0) return null;
  const busy = clamp((now.busyMs - before.busyMs) / livedMs);
  const backPressured = Math.min(clamp((now.backPressuredMs - before.backPressuredMs) / livedMs), 1 - busy);
  return { busy, backPressured, idle: clamp(1 - busy - backPressured) };
}

const clamp = (share: number): number => Math.min(1, Math.max(0, share));
