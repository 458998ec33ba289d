import type { Offload } from '../../ports/offload.js';

/** Runs the work on the event loop of this thread. A synchronous throw is a failure like a rejection. */
export const nodeOffload: Offload = {
  run(_label, work, done) {
    called(work).then(
      (value) => done({ ok: true, value }),
      (error: unknown) => done({ ok: false, error }),
    );
  },
};

async function called<T>(work: () => PromiseLike<T>): Promise<T> {
  return work();
}
