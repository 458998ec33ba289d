import type { CheckpointId, SlotAddress, SubtaskKey } from './ids.js';
import type { OperatorSnapshot } from './manifest.js';

/** Where each subtask of a run lives. Every slot of the run is told the whole of it. */
export type Placement = Readonly<Record<SubtaskKey, SlotAddress>>;

/** What one subtask loads before it may run. */
export interface RestorePlan {
  /** The checkpoint everything below comes from; null for a fresh start. */
  readonly from: CheckpointId | null;
  /** Per operator uid, the snapshots whose state this subtask may own; it loads only its own key groups. */
  readonly operators: readonly OperatorSnapshot[];
  /** Its input had ended before that checkpoint was triggered and everything it did was committed. */
  readonly finished: boolean;
  /** State that no operator takes is left behind; else it fails the restore. */
  readonly dropsState?: true;
}

export const freshStart: RestorePlan = { from: null, operators: [], finished: false };

/** How a slot shows itself in registrations and heartbeats. */
export interface SlotReport {
  readonly slot: number;
  readonly allocation: import('./ids.js').Allocation | null;
  /** Increases while the slot's loop turns; stands still when user code hangs. */
  readonly progress: number;
  readonly subtasks: readonly SubtaskKey[];
}

/**
 * Which free slots a job gets. `spread`: one after the other from the task manager with the fewest in use, so that machines share the
 * work. `pack`: from the one with the most in use, so that machines are filled, and left empty, one by one. Names decide a tie.
 */
export type SlotPlacement = 'spread' | 'pack';

/** Timeouts and intervals of a cluster, and how it places. Defaults are PROTOCOLS.md section 4's. */
export interface ClusterOptions {
  readonly placement: SlotPlacement;
  readonly heartbeatIntervalMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly stuckTimeoutMs: number;
  readonly orphanTimeoutMs: number;
  readonly askEveryMs: number;
  readonly slotRequestTimeoutMs: number;
  readonly deployTimeoutMs: number;
  readonly cancelTimeoutMs: number;
  readonly pauseTimeoutMs: number;
  readonly storeTimeoutMs: number;
}

export const defaultClusterOptions: ClusterOptions = {
  placement: 'spread',
  heartbeatIntervalMs: 500,
  heartbeatTimeoutMs: 3_000,
  stuckTimeoutMs: 30_000,
  orphanTimeoutMs: 30_000,
  askEveryMs: 100,
  slotRequestTimeoutMs: 300_000,
  deployTimeoutMs: 60_000,
  cancelTimeoutMs: 2_000,
  pauseTimeoutMs: 10_000,
  storeTimeoutMs: 10_000,
};
