import type { AskEvent } from '../kernel/message.js';
import { askEvents } from '../kernel/message.js';
import type { ClusterOptions, SlotReport } from '../protocol/deployment.js';
import type { Failure } from '../protocol/failure.js';
import type { Incarnation, ProcessName } from '../protocol/ids.js';
import type { Versions } from '../protocol/versions.js';

export type TaskManagerMessage =
  /** The answer to `resourceManager.register`. */
  | { readonly type: 'resourceManager.registered'; readonly process: ProcessName }
  /** The other answer: the leader does not want this task manager, and will not. */
  | { readonly type: 'resourceManager.refused'; readonly failure: Failure }
  /** Asked by the leader's heartbeat actor; answered with `taskManager.reported`. */
  | { readonly type: 'taskManager.heartbeat'; readonly beat: number }
  /** Broadcast by a resource manager that has just started: it has nobody in its table yet. */
  | { readonly type: 'leader.announced' }
  /** Told by a slot of this process. */
  | { readonly type: 'slot.changed'; readonly report: SlotReport }
  /** Told by the process: end in good order. */
  | { readonly type: 'taskManager.drain' }
  /** Timer: the leader's process had no resource manager a moment ago. */
  | { readonly type: 'taskManager.registerAgain' }
  | AskEvent;

export const taskManagerMessages = {
  'resourceManager.registered': 'A leader has taken this task manager into its table.',
  'resourceManager.refused': 'The leader does not work with this task manager, which is of another version.',
  'taskManager.heartbeat': 'Say that you live, and what your slots hold.',
  'leader.announced': 'A leader has started, and knows nobody yet.',
  'slot.changed': 'A slot holds something else, or has made progress.',
  'taskManager.drain': 'Take nothing new, end what runs, then end.',
  'taskManager.registerAgain': 'It is time to ask again whether anybody leads.',
  ...askEvents,
} satisfies Record<TaskManagerMessage['type'], string>;

export interface TaskManagerInput {
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly versions: Versions;
  readonly slots: number;
  /** The managed memory of each slot. */
  readonly slotMemoryBytes: number;
  /** The process whose `resource-manager` this one registers with. */
  readonly leader: ProcessName;
  readonly options: ClusterOptions;
}
