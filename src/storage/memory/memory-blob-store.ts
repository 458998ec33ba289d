import type {
  BlobStore,
  CreateResult,
  DeleteResult,
  Failed,
  ListResult,
  PutResult,
  ReadResult,
} from '../../ports/blob-store.js';
import { blobNameFailure } from '../blob-name.js';

/**
 * A BlobStore for processes of one thread, which share the object. Bytes are copied in and out. Nothing survives the object, so it
 * is for embedded runs and specs. `queue` runs what it is given later, in order, and never from within the call.
 */
export class MemoryBlobStore implements BlobStore {
  private readonly blobs = new Map<string, Uint8Array>();

  constructor(private readonly queue: (run: () => void) => void) {}

  put(name: string, bytes: Uint8Array, done: (result: PutResult) => void): void {
    this.answer<PutResult>(name, done, () => {
      this.blobs.set(name, bytes.slice());
      return { outcome: 'stored' };
    });
  }

  create(name: string, bytes: Uint8Array, done: (result: CreateResult) => void): void {
    this.answer<CreateResult>(name, done, () => {
      if (this.blobs.has(name)) return { outcome: 'exists' };
      this.blobs.set(name, bytes.slice());
      return { outcome: 'created' };
    });
  }

  read(name: string, done: (result: ReadResult) => void): void {
    this.answer<ReadResult>(name, done, () => {
      const bytes = this.blobs.get(name);
      return bytes === undefined ? { outcome: 'missing' } : { outcome: 'read', bytes: bytes.slice() };
    });
  }

  list(prefix: string, done: (result: ListResult) => void): void {
    const names = [...this.blobs.keys()].filter((name) => name.startsWith(prefix)).sort();
    this.queue(() => done({ outcome: 'listed', names }));
  }

  delete(name: string, done: (result: DeleteResult) => void): void {
    this.answer<DeleteResult>(name, done, () => {
      this.blobs.delete(name);
      return { outcome: 'deleted' };
    });
  }

  /** Takes effect now, so that the caller may use its bytes again; answers later. */
  private answer<R>(name: string, done: (result: R | Failed) => void, effect: () => R): void {
    const failure = blobNameFailure(name);
    const result = failure === null ? effect() : ({ outcome: 'failed', failure } as const);
    this.queue(() => done(result));
  }
}
