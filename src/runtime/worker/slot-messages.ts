import type { MessagePort } from 'node:worker_threads';
import type { AnyMessage } from '../../../actors/kernel/message.js';
import type { ActorName, SlotAddress, SubtaskKey } from '../../../actors/protocol/ids.js';
import type { CreateResult, DeleteResult, ListResult, PutResult, ReadResult } from '../../ports/blob-store.js';
import type { SlotCounts } from '../../ports/subtask-counts.js';
import type { TaskEffect } from '../../ports/task-host.js';
import type { TaskTrace } from '../../ports/telemetry.js';

/** From the main thread to the thread of a slot, in order. */
export type ToSlot =
  /** `slot.unload` is the last: after it the thread ends as soon as nothing of it is under way. */
  | { readonly kind: 'perform'; readonly effect: TaskEffect }
  /** Frames for this slot will come through the port. */
  | { readonly kind: 'linked'; readonly to: SlotAddress; readonly port: MessagePort }
  | { readonly kind: 'storeAnswered'; readonly call: number; readonly result: StoreResult };

/** From the thread of a slot to the main thread, in order; sent as an array of all that was said in one turn. */
export type FromSlot =
  | { readonly kind: 'notify'; readonly actor: ActorName; readonly message: AnyMessage }
  | ClientOutputMessage
  | { readonly kind: 'traced'; readonly trace: TaskTrace }
  | { readonly kind: 'counted'; readonly counts: Omit<SlotCounts, 'allocation'> }
  /** Frames for that slot come out of the port; whoever holds the slot is to get it. */
  | { readonly kind: 'link'; readonly to: SlotAddress; readonly port: MessagePort }
  | { readonly kind: 'store'; readonly call: number; readonly request: StoreRequest };

export type ClientOutputMessage =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'deliver'; readonly collection: string; readonly id: string; readonly values: readonly unknown[] }
  | { readonly kind: 'console'; readonly line: ConsoleLine };

/** What code of a job wrote to its console, and whose code it was; null between turns, as in a callback of its own. */
export interface ConsoleLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
  readonly subtask: SubtaskKey | null;
}

/** A call of a BlobStore. */
export type StoreRequest =
  | { readonly call: 'put' | 'create'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly call: 'read' | 'delete'; readonly name: string }
  | { readonly call: 'list'; readonly prefix: string };

export type StoreResult = PutResult | CreateResult | ReadResult | ListResult | DeleteResult;
