/** Runs what it is given later, in order, after what this turn of the event loop still has to do. */
export function nodeQueue(run: () => void): void {
  setImmediate(run);
}
