import type { Effect } from '../../actors/kernel/effect.js';
import type { AnyMessage } from '../../actors/kernel/message.js';
import type { ActorName } from '../../actors/protocol/ids.js';

export type TaskEffect = Extract<Effect, { kind: `slot.${string}` | `task.${string}` }>;

/** Tells an actor of this process; queued, never from within a call to the host. */
export type Notify = (actor: ActorName, message: AnyMessage) => void;

/**
 * The data plane of one process as its actors see it. `slot.*` effects are completed to `slot/<n>`, `task.*` effects to the
 * subtask's actor. Effects for a run that the slot no longer holds are dropped.
 */
export interface TaskHost {
  perform(effect: TaskEffect): void;
  /** Ends everything at once, as a crash does. */
  terminate(): void;
}
