import type { Address } from '../protocol/ids.js';
import type { Failure } from './failure.js';

/** Every message is a union member with a `type` and no field that depends on it. */
export interface AnyMessage {
  readonly type: string;
}

/** Made of what, attempt and subject; the same for every repetition of one question. */
export type AskId = string;

/** Enough to answer a question now or in a later state. */
export interface AskRef {
  readonly id: AskId;
  readonly from: Address;
}

/** Who sent a delivered message, and which question it asks, if it is one. */
export interface Meta {
  readonly from: Address;
  readonly ask: AskRef | null;
  /** When it is taken, by the wall clock of this process: for those that say it to people, and for no decision. */
  readonly wallMs: number;
}

/** What a decision sees beside the message. */
export interface Received extends Meta {
  /** The state in which it is taken: for those that say it to people, and for no decision. */
  readonly at: string;
}

export type Delivered<M extends AnyMessage> = M & { readonly meta: Received };

/** What the kernel itself tells an actor about its questions. The answer itself arrives as the answering message. */
export type AskEvent =
  /** The deadline passed without an answer. */
  | { readonly type: 'ask.expired'; readonly id: AskId; readonly to: Address }
  /** Nobody listens at that process just now; the asking goes on. */
  | { readonly type: 'ask.unreachable'; readonly id: AskId; readonly to: Address }
  /** The process answered that it has no such actor; the asking has ended. */
  | { readonly type: 'ask.absent'; readonly id: AskId; readonly to: Address };

export const askEvents = {
  'ask.expired': 'The deadline of a question passed without an answer.',
  'ask.unreachable': 'Nobody listens at the asked process just now; the asking goes on.',
  'ask.absent': 'The asked process has no such actor; the asking has ended.',
} satisfies Record<AskEvent['type'], string>;

/** Told by a store, in answer to a `record.*` effect. `request` is the effect's. */
export type RecordEvent =
  | { readonly type: 'record.created'; readonly request: string }
  /** The key was taken; `record` is what stands there. */
  | { readonly type: 'record.exists'; readonly request: string; readonly record: unknown }
  | { readonly type: 'record.read'; readonly request: string; readonly record: unknown }
  | { readonly type: 'record.missing'; readonly request: string }
  | { readonly type: 'record.listed'; readonly request: string; readonly keys: readonly string[] }
  /** No answer in time: it may have happened, or happen yet. */
  | { readonly type: 'record.unknown'; readonly request: string }
  | { readonly type: 'record.failed'; readonly request: string; readonly failure: Failure };

export const recordEvents = {
  'record.created': 'The record is durable.',
  'record.exists': 'The key was taken already; what stands there is attached.',
  'record.read': 'The record was read.',
  'record.missing': 'There is no such record.',
  'record.listed': 'The keys under a prefix.',
  'record.unknown': 'The store gave no answer in time: it may have happened, or happen yet.',
  'record.failed': 'The store refused for good, or what it holds is damaged.',
} satisfies Record<RecordEvent['type'], string>;

/** Why an answer is let go that comes when its question is over. */
export const notAwaited = 'It answers a request that is not awaited any more.';

/** For an actor that awaits one answer of the store at most: any other is let go, in whatever state. */
export const ignoredRecords = {
  'record.created': notAwaited,
  'record.exists': notAwaited,
  'record.read': notAwaited,
  'record.missing': notAwaited,
  'record.listed': notAwaited,
  'record.unknown': notAwaited,
  'record.failed': notAwaited,
} satisfies Record<RecordEvent['type'], string>;
