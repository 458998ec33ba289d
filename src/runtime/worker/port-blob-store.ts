import type { TransferListItem } from 'node:worker_threads';
import type {
  BlobStore,
  CreateResult,
  DeleteResult,
  ListResult,
  PutResult,
  ReadResult,
} from '../../ports/blob-store.js';
import type { StoreRequest, StoreResult } from './slot-messages.js';

type Send = (call: number, request: StoreRequest, ...transfers: readonly TransferListItem[]) => void;

/** A BlobStore for the thread of a slot, whose calls are made by the main thread on the store that it has. */
export class PortBlobStore implements BlobStore {
  private readonly open = new Map<number, (result: never) => void>();
  private calls = 0;

  constructor(private readonly send: Send) {}

  put(name: string, bytes: Uint8Array, done: (result: PutResult) => void): void {
    this.write('put', name, bytes, done);
  }

  create(name: string, bytes: Uint8Array, done: (result: CreateResult) => void): void {
    this.write('create', name, bytes, done);
  }

  read(name: string, done: (result: ReadResult) => void): void {
    this.send(this.opened(done), { call: 'read', name });
  }

  list(prefix: string, done: (result: ListResult) => void): void {
    this.send(this.opened(done), { call: 'list', prefix });
  }

  delete(name: string, done: (result: DeleteResult) => void): void {
    this.send(this.opened(done), { call: 'delete', name });
  }

  /** The main thread has the result of a call. */
  answered(call: number, result: StoreResult): void {
    const done = this.open.get(call);
    this.open.delete(call);
    done?.(result as never);
  }

  /** The caller keeps its bytes: after an unknown outcome it writes them again. */
  private write<R>(call: 'put' | 'create', name: string, given: Uint8Array, done: (result: R) => void): void {
    const bytes = new Uint8Array(given);
    this.send(this.opened(done), { call, name, bytes }, bytes.buffer);
  }

  private opened<R>(done: (result: R) => void): number {
    this.calls += 1;
    this.open.set(this.calls, done);
    return this.calls;
  }
}

/** In the main thread: makes the call that a slot's PortBlobStore was asked for. What was read is given as a copy, to be transferred. */
export function callStore(
  store: BlobStore,
  request: StoreRequest,
  done: (result: StoreResult, ...transfers: readonly TransferListItem[]) => void,
): void {
  switch (request.call) {
    case 'put':
      return store.put(request.name, request.bytes, done);
    case 'create':
      return store.create(request.name, request.bytes, done);
    case 'read':
      return store.read(request.name, (result) => {
        if (result.outcome !== 'read') return done(result);
        const bytes = new Uint8Array(result.bytes);
        done({ outcome: 'read', bytes }, bytes.buffer);
      });
    case 'list':
      return store.list(request.prefix, done);
    case 'delete':
      return store.delete(request.name, done);
  }
}
