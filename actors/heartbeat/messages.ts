import type { AskEvent } from '../kernel/message.js';
import { askEvents } from '../kernel/message.js';
import type { ClusterOptions, SlotReport } from '../protocol/deployment.js';
import type { Incarnation, ProcessName } from '../protocol/ids.js';

export type HeartbeatMessage =
  /** The task manager's answer to `taskManager.heartbeat`. */
  | { readonly type: 'taskManager.reported'; readonly beat: number; readonly slots: readonly SlotReport[] }
  /** The connection of this process to the bus is gone: silence proves nothing until it is back. */
  | { readonly type: 'connection.down' }
  | { readonly type: 'connection.up' }
  | AskEvent;

export const heartbeatMessages = {
  'taskManager.reported': 'The task manager is alive and says what its slots hold.',
  'connection.down': 'Our own connection is down; deadlines pause.',
  'connection.up': 'Our own connection is back.',
  ...askEvents,
} satisfies Record<HeartbeatMessage['type'], string>;

/** Given by the resource manager; one actor a life of a task manager. */
export interface HeartbeatInput {
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly options: ClusterOptions;
}
