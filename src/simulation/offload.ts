import type { Offload } from '../ports/offload.js';
import type { SimProcess } from './sim-process.js';

type Outcome<T> = Parameters<Parameters<Offload['run']>[2]>[0] & ({ readonly ok: false } | { readonly value: T });

const answerMs = 1;
const answerMsMax = 400;

/**
 * Promises of user code on virtual time: work begins at once, and its answer comes after a while that the schedule decides. A promise that has
 * not settled at once settles in microtasks, which only an asynchronous run lets happen, before anything else does.
 */
export function simulatedOffload(process: SimProcess): Offload {
  const { world } = process;
  return {
    run<T>(label: string, work: () => PromiseLike<T>, done: (outcome: Outcome<T>) => void) {
      process.enter();
      const { messageDelayed, crash } = world.rates;
      const rate = messageDelayed + crash > 0 ? 0.5 : 0;
      const late = world.choices.next(`answer:${process.name}@${process.life}`, rate, answerMsMax);
      const promise = { label };
      world.promises.add(promise);
      const settled = (outcome: Outcome<T>): void => {
        world.promises.delete(promise);
        process.later(answerMs + late, () => done(outcome));
      };
      try {
        work().then(
          (value) => settled({ ok: true, value }),
          (error: unknown) => settled({ ok: false, error }),
        );
      } catch (error) {
        settled({ ok: false, error });
      }
    },
  };
}
