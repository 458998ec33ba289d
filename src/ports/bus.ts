import type { ProcessName, SlotAddress } from '../../actors/protocol/ids.js';

/** Ends a subscription. */
export type Unlisten = () => void;

/**
 * Carries control envelopes between processes, as bytes in every world. At most once: what is sent may be lost
 * without a sign, delayed and, in the simulator, duplicated and reordered. Bytes are handed over: nobody changes them afterwards.
 */
export interface Bus {
  /**
   * `topic` says what the bytes are about (`ask.subtask.restore`), for whoever watches the bus; receivers do not need it. `unreachable` is
   * called, at most once and never from within `send`, when nobody listens at that process.
   */
  send(to: ProcessName, topic: string, bytes: Uint8Array, unreachable: (() => void) | null): void;
  /** To every process that listens just now, this one too. Nobody is told whether one has got it, or whether there was one. */
  broadcast(topic: string, bytes: Uint8Array): void;
  /** Gets what is sent to that process, and what is broadcast. */
  listen(process: ProcessName, receive: (bytes: Uint8Array) => void): Unlisten;
}

/**
 * Carries data frames to slots. Between two slots order is kept and only a suffix can be lost, at a disconnect; the channels above
 * notice by sequence numbers. Delivery is queued, never from within `send`. Frames are handed over: the sender neither changes nor reads
 * one afterwards.
 */
export interface DataLinks {
  send(from: SlotAddress, to: SlotAddress, frame: Uint8Array): void;
  listen(slot: SlotAddress, receive: (frame: Uint8Array) => void): Unlisten;
}
