import type { JobGraph } from '../../../actors/protocol/job-graph.js';
import type { CheckpointManifest, OperatorSnapshot } from '../../../actors/protocol/manifest.js';
import { EngineError } from '../../api/engine-error.js';
import type { BlobStore } from '../../ports/blob-store.js';
import { createHeapState } from '../../state/heap/heap-state.js';
import { RestoredState } from '../../task/checkpoint/restored-state.js';
import { StateTables } from '../../task/checkpoint/state-tables.js';
import { Procedures, pause } from '../../task/operator/procedures.js';
import { MemoryShare } from '../../task/slot/slot-memory.js';
import type { HarnessTime } from './harness-time.js';

/** A timer that is set and has not fired: of a function of the job's own, or of windows. */
export interface PendingTimer {
  /** Uid of the operator. */
  readonly operator: string;
  readonly key: unknown;
  readonly time: number;
  readonly timeDomain: 'eventTime' | 'processingTime';
  /** What it is for, where the operator tells its timers apart: a window. */
  readonly namespace: unknown;
}

const storeTimeoutMs = 10_000;

/** Reads the timers out of a snapshot, by operator and time. */
export function timersIn(
  manifest: CheckpointManifest,
  graph: JobGraph,
  blobs: BlobStore,
  time: HarnessTime,
): readonly PendingTimer[] {
  const operators = manifest.subtasks.flatMap((subtask) => subtask.operators);
  const plan = { from: manifest.id, operators, finished: false };
  const setting = { snapshotMemory: new MemoryShare(Number.POSITIVE_INFINITY), wake: noWake };
  const restored = new RestoredState(plan, { blobs, clock: time.clock, timeoutMs: storeTimeoutMs }, setting);
  time.settle();
  if (restored.failure !== null) throw new EngineError(restored.failure);
  return graph.vertices.flatMap(({ maxParallelism, operators: nodes }) =>
    nodes.flatMap(({ uid }) => {
      const own = operators.filter((snapshot) => snapshot.uid === uid);
      const names = timerNames(own);
      if (names.length === 0) return [];
      const range = { first: 0, last: maxParallelism - 1 };
      const state = createHeapState({ operator: uid, maxParallelism, range, development: false, clock: time.clock });
      const loading = new Procedures();
      loading.begin(restored.loadKeyGroups(uid, state, new StateTables(), () => pause(noWake)));
      // What it asks of the store comes when time is settled, and state in memory is ready at once.
      while (!loading.advance()) time.settle();
      return names.flatMap((name) => {
        const timers: PendingTimer[] = [];
        const queue = state.timers(name);
        const timeDomain = name.endsWith('/event-time') ? 'eventTime' : 'processingTime';
        for (let due = queue.take(Number.POSITIVE_INFINITY); due !== null; due = queue.take(Number.POSITIVE_INFINITY)) {
          timers.push({ operator: uid, key: due.key, time: due.time, timeDomain, namespace: due.namespace });
        }
        return timers;
      });
    }),
  );
}

const noWake = (): void => undefined;

const timerNames = (snapshots: readonly OperatorSnapshot[]): readonly string[] => [
  ...new Set(
    snapshots.flatMap(({ serializers }) =>
      serializers.filter(({ kind }) => kind === 'timers').map(({ state }) => state),
    ),
  ),
];
