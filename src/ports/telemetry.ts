import type { Effect } from '../../actors/kernel/effect.js';
import type { AnyMessage } from '../../actors/kernel/message.js';
import type { Verdict } from '../../actors/kernel/step.js';
import type { ActorName, Address, Incarnation, ProcessName } from '../../actors/protocol/ids.js';

/**
 * Why a message never reached an actor. `stranger`: it cannot come from a process of this cluster and version. `past`: of another life,
 * or of a leader that was replaced. `late`: nobody waits for it any more.
 */
export interface Dropped {
  readonly kind: 'dropped';
  readonly cause: 'stranger' | 'version' | 'past' | 'late';
  readonly reason: string;
}

/** One step of one actor, or one message that never reached one. */
export interface TraceRecord {
  readonly seq: number;
  /** `seq` of the record whose effect led here, in the same process; null for what came from outside. */
  readonly cause: number | null;
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly actor: ActorName;
  readonly atMs: number;
  readonly message: AnyMessage;
  readonly from: Address | null;
  readonly verdict: Verdict | Dropped;
  /** State names before and after; null before the start and when dropped. */
  readonly fromState: string | null;
  readonly toState: string | null;
  /** Context fields that changed, with their new values. */
  readonly contextPatch: Readonly<Record<string, unknown>>;
  readonly effects: readonly Effect[];
}

/** Facts of the data plane that checkers and metrics read; never per record. */
export type TaskTrace = {
  readonly kind: 'task';
  readonly atMs: number;
  readonly process: ProcessName;
  readonly subtask: string;
  readonly run: number;
  readonly what: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

export interface Telemetry {
  trace(record: TraceRecord): void;
  task(trace: TaskTrace): void;
}
