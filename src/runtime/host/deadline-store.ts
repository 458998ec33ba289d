import type {
  BlobStore,
  CreateResult,
  DeleteResult,
  ListResult,
  PutResult,
  ReadResult,
  Unknown,
} from '../../ports/blob-store.js';
import type { Clock } from '../../ports/clock.js';

/** A store in which every call is answered by a deadline: after that the outcome is `unknown`, and a late answer is dropped. */
export class DeadlineStore implements BlobStore {
  constructor(
    private readonly store: BlobStore,
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {}

  put(name: string, bytes: Uint8Array, done: (result: PutResult) => void): void {
    this.store.put(name, bytes, this.once(done));
  }
  create(name: string, bytes: Uint8Array, done: (result: CreateResult) => void): void {
    this.store.create(name, bytes, this.once(done));
  }
  read(name: string, done: (result: ReadResult) => void): void {
    this.store.read(name, this.once(done));
  }
  list(prefix: string, done: (result: ListResult) => void): void {
    this.store.list(prefix, this.once(done));
  }
  delete(name: string, done: (result: DeleteResult) => void): void {
    this.store.delete(name, this.once(done));
  }

  private once<R>(done: (result: R | Unknown) => void): (result: R | Unknown) => void {
    let open = true;
    const timer = this.clock.setTimer(this.timeoutMs, () => {
      open = false;
      done({ outcome: 'unknown' });
    });
    return (result) => {
      if (!open) return;
      open = false;
      timer.cancel();
      done(result);
    };
  }
}
