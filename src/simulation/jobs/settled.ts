/** A promise that has settled and says so at once: what a generated job answers with, so that its runs need no microtasks. */
export function settled<T>(value: T): PromiseLike<T> {
  // biome-ignore lint/suspicious/noThenProperty: being awaited is what it is for.
  return { then: (onValue) => (onValue == null ? settled(value) : settled(onValue(value))) as never };
}
