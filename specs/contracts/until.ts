/** Lets the world of a suite go on until the condition holds. A simulated world runs its events; the real one waits for them. */
export type Until = (condition: () => boolean) => Promise<void>;

/** For the real world. The time limit of the spec guards against a condition that never holds. */
export const realUntil: Until = async (condition) => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

/** The answer to one call of a port; fails when it comes from within the call. */
export async function answerOf<R>(until: Until, ask: (done: (result: R) => void) => void): Promise<R> {
  const answers: R[] = [];
  let returned = false;
  ask((result) => {
    if (!returned) throw new Error('answered from within the call');
    answers.push(result);
  });
  returned = true;
  await until(() => answers.length > 0);
  return answers[0] as R;
}
