import type { ProcessName } from '../../actors/protocol/ids.js';
import type { Unlisten } from './bus.js';

/**
 * How a process is watched: it hears who wants to see it, answers to each of them alone, and publishes to all. At most once, like a
 * Bus; what one process answers and publishes reaches a watcher in its order.
 */
export interface TraceLine {
  hear(receive: (request: Uint8Array, answer: (bytes: Uint8Array) => void) => void): Unlisten;
  /** `role` says what the bytes are about, for whoever subscribes to a part. */
  publish(process: ProcessName, role: string, bytes: Uint8Array): void;
}

/** The other end: asks all processes of a cluster, and gets what they answer and publish. */
export interface WatchLine {
  request(bytes: Uint8Array): void;
  listen(receive: (bytes: Uint8Array) => void): Unlisten;
}
