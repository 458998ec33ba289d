import type { Failure } from '../../actors/kernel/failure.js';

export type FileResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };
export type FileDone<T> = (result: FileResult<T>) => void;

/**
 * The file system, for connectors. Answers are queued, never given from within the call. Failures name the path and the reason
 * (code FILE_MISSING when it does not exist, FILE_EXISTS when it may not).
 */
export interface Files {
  /** Size in bytes; a folder has none. */
  size(path: string, done: FileDone<number>): void;
  /** Names, without the folder, of the files directly in it, sorted; an absent folder is empty. */
  list(folder: string, done: FileDone<readonly string[]>): void;
  /** At most `length` bytes from `offset`; fewer only at the end of the file. */
  read(path: string, offset: number, length: number, done: FileDone<Uint8Array>): void;
  makeFolder(folder: string, done: FileDone<null>): void;
  /** Creates the file (failure FILE_EXISTS when it is there) and writes the bytes. */
  create(path: string, bytes: Uint8Array, done: FileDone<null>): void;
  /** Never creates: FILE_MISSING when the file is not there. */
  append(path: string, bytes: Uint8Array, done: FileDone<null>): void;
  /** What was written before, and that the file exists, survives the end of the machine. */
  sync(path: string, done: FileDone<null>): void;
  /** Replaces atomically and durably; FILE_MISSING when `from` does not exist. */
  rename(from: string, to: string, done: FileDone<null>): void;
  /** A missing file counts as removed. */
  remove(path: string, done: FileDone<null>): void;
}
