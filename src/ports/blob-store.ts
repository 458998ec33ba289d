import type { Failure } from '../../actors/kernel/failure.js';

/** No answer in time: it may have happened, or happen yet. */
export interface Unknown {
  readonly outcome: 'unknown';
}
export interface Failed {
  readonly outcome: 'failed';
  readonly failure: Failure;
}
export type PutResult = { readonly outcome: 'stored' } | Unknown | Failed;
export type CreateResult = { readonly outcome: 'created' } | { readonly outcome: 'exists' } | Unknown | Failed;
export type ReadResult =
  | { readonly outcome: 'read'; readonly bytes: Uint8Array }
  | { readonly outcome: 'missing' }
  | Unknown
  | Failed;
export type ListResult = { readonly outcome: 'listed'; readonly names: readonly string[] } | Unknown | Failed;
export type DeleteResult = { readonly outcome: 'deleted' } | Unknown | Failed;

/**
 * Durable bytes by name; names are `/`-separated. When a write is answered it survives the end of this process and of the machine.
 * `create` is atomic and never replaces: of two creators of one name exactly one is told `created`. Answers are queued, never given
 * from within the call.
 */
export interface BlobStore {
  put(name: string, bytes: Uint8Array, done: (result: PutResult) => void): void;
  create(name: string, bytes: Uint8Array, done: (result: CreateResult) => void): void;
  read(name: string, done: (result: ReadResult) => void): void;
  /** Names under the prefix, sorted. */
  list(prefix: string, done: (result: ListResult) => void): void;
  /** A missing name counts as deleted. */
  delete(name: string, done: (result: DeleteResult) => void): void;
}
