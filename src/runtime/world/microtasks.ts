/** Settles when every microtask that can run without anything else happening has run. */
export const microtasksOver = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
