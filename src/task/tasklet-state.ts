import type { RestorePlan } from '../../actors/protocol/deployment.js';
import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { Split } from '../../actors/protocol/manifest.js';
import type { InputInspection, OutputInspection } from './channel/channel.js';
import type { TaskCheckpoints } from './checkpoint/task-checkpoints.js';
import type { Barrier } from './elements.js';
import type { Head } from './head.js';
import type { OpenSource } from './open-source.js';
import type { TaskOperators } from './task-operators.js';

/** How far a subtask is. Elements flow from `running` to `drained`. */
export type TaskPhase =
  | 'created'
  | 'restoring'
  | 'restored'
  | 'rewound'
  | 'running'
  /** Its input has ended; operators are finishing. */
  | 'draining'
  /** End of data is on its way downstream; barriers still flow. */
  | 'drained'
  /** Everything is committed, and the channels downstream have ended. */
  | 'finished'
  | 'failed'
  | 'canceled';

/** What the actor of a subtask wants done: carried out in order, between two records. */
export type TaskCommand =
  | { readonly kind: 'restore'; readonly plan: RestorePlan }
  | { readonly kind: 'rewind' }
  | { readonly kind: 'start' }
  | { readonly kind: 'assign'; readonly splits: readonly Split[]; readonly noMore: boolean }
  | { readonly kind: 'stop' }
  | { readonly kind: 'align'; readonly limit: number | null }
  | { readonly kind: 'trigger'; readonly barrier: Barrier }
  | { readonly kind: 'complete'; readonly checkpoint: CheckpointId }
  | { readonly kind: 'abort'; readonly checkpoint: CheckpointId };

/** `progress`: something was done. `idle`: nothing to do until something wakes it. `blocked`: it waits for its receivers. */
export type TaskletRun = 'progress' | 'idle' | 'blocked' | 'done';

/** A tasklet as people and checkers see it. */
export interface TaskletInspection {
  readonly subtask: string;
  readonly phase: TaskPhase;
  /** Null before the first one. */
  readonly watermark: number | null;
  /** The checkpoint whose barriers are being aligned. */
  readonly aligning: string | null;
  /** Uids of operators with a pending lifecycle call. */
  readonly pending: readonly string[];
  /** Kinds of commands that are not carried out yet. */
  readonly commands: readonly string[];
  readonly blocked: boolean;
  readonly recordsIn: number;
  readonly skippedRecords: number;
  readonly inputs: readonly InputInspection[];
  readonly outputs: readonly OutputInspection[];
}

/** What a restored attempt works with. */
export interface Opened {
  readonly plan: RestorePlan;
  readonly operators: TaskOperators;
  readonly source: OpenSource | null;
  readonly head: Head;
  readonly checkpoints: TaskCheckpoints;
}
