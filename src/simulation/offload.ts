import type { Offload } from '../ports/offload.js';

/** For runs in which nothing may leave the thread: a promise would settle outside virtual time. */
export const refusingOffload: Offload = {
  run(label) {
    throw new Error(`${label} started a promise, which a simulated run cannot place in virtual time.`);
  },
};
