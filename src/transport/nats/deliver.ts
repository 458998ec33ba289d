/**
 * Hands what came from NATS to its receiver. A throw of the receiver ends the process as any uncaught error does; if it reached the
 * client instead, that would stop reading and say nothing more than a line on the console.
 */
export function deliver<T>(receive: (value: T) => void, value: T): void {
  try {
    receive(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
