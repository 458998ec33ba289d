import type { ByteWindow } from './byte-window.js';

/** `more`: the record goes on, or begins, behind the window. `end`: there is no further one. `broken`: see `reason`. */
export type Found = 'record' | 'more' | 'end' | 'broken';

/**
 * Finds where records begin and end, in bytes that arrive block by block, looking at each byte once. It goes on where it stopped, so
 * the bytes of a record that is too large need not be kept for its end to be found.
 */
export interface RecordScanner {
  /** First byte of the record found last or, after `more` and `broken`, of the one that was being looked for. */
  readonly from: number;
  /** The byte after the last one of the record found last, without the terminator. */
  readonly to: number;
  /** Where reading goes on after it: a scanner that begins there finds the next record. */
  readonly next: number;
  /** How many line ends lie before `from`, and before `next`, counted from where this scanner began. */
  readonly linesBefore: number;
  readonly linesDone: number;
  /** Bytes before this position are not needed to find or to decode what comes next. */
  readonly keep: number;
  /** Why the file cannot be read on, after `broken`. */
  readonly reason: string;
  /** `complete`: nothing comes after the window. */
  find(window: ByteWindow, complete: boolean): Found;
}
