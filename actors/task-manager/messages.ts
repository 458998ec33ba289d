import type { AskEvent } from '../kernel/message.js';
import { askEvents } from '../kernel/message.js';
import type { ClusterOptions, SlotReport } from '../protocol/deployment.js';
import type { Incarnation, ProcessName } from '../protocol/ids.js';

export type TaskManagerMessage =
  /** The answer to `resourceManager.register`. */
  | { readonly type: 'resourceManager.registered'; readonly process: ProcessName }
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
  readonly slots: number;
  /** The process whose `resource-manager` this one registers with. */
  readonly leader: ProcessName;
  readonly options: ClusterOptions;
}
