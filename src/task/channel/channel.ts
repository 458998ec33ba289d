import type { ControlElement, Element } from '../elements.js';

/** The producer's end of a channel. Takes everything; what the receiver has not granted waits, and the channel says so. */
export interface OutputChannel {
  append(value: unknown, timestamp: number): void;
  /** Behind everything appended before. */
  control(element: ControlElement): void;
  /** Passes on a batch that is not full, unless the receiver could not take it anyway. */
  flush(): void;
  /**
   * How long a batch that is not full may wait while its task has more to do: 0 for not beyond its turn, as in one slot, where passing on costs nothing. Null: it
   * waits also while the task has nothing to do.
   */
  readonly bufferTimeoutMs: number | null;
  /** A batch that is not full waits here, although the receiver would take it. */
  readonly holdsBack: boolean;
  /** Appended since the attempt began. */
  readonly recordsPut: number;
  /** Of frames that were sent; none leave within one slot. */
  readonly bytesSent: number;
  inspectOutput(): OutputInspection;
}

/** The consumer's end of a channel. */
export interface InputChannel {
  /** The next element, or null when there is none yet. */
  poll(): Element | null;
  /** Of frames that were taken in; none come within one slot. */
  readonly bytesReceived: number;
  inspectInput(): InputInspection;
}

/** Counts of a producer's end since its attempt began. Frames are numbered from 1, so `sentThrough` counts them. */
export interface OutputInspection {
  readonly channel: string;
  readonly sentThrough: number;
  /** Null in one slot, where nothing is granted. */
  readonly grantedThrough: number | null;
  readonly queuedFrames: number;
  readonly queuedBytes: number;
  /** Appended, whether passed on, queued or held in a batch that is not full. */
  readonly records: number;
  readonly partialRecords: number;
  readonly blocked: boolean;
}

/** Counts of a consumer's end. `receivedThrough − consumedThrough` frames are queued. */
export interface InputInspection {
  readonly channel: string;
  readonly receivedThrough: number;
  readonly consumedThrough: number;
  readonly grantedThrough: number | null;
  readonly records: number;
  readonly duplicates: number;
}
