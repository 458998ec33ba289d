import type { ClientOutputMessage } from './slot-messages.js';

/** How much client output of one slot may be on its way to the main thread. */
const unitsMax = 4_194_304;

/** A value's size is not known before it is copied; most are far smaller. */
const unitsPerValue = 256;

/** What a piece of output counts, about its characters. */
export function unitsOf(output: ClientOutputMessage): number {
  switch (output.kind) {
    case 'line':
      return output.text.length + 1;
    case 'console':
      return output.line.text.length + 1;
    case 'deliver':
      return output.values.length * unitsPerValue + 1;
  }
}

export const newOutputCounter = (): SharedArrayBuffer => new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

/**
 * Bounds the client output of one slot that the main thread has not taken yet. Output is said synchronously, so a slot that is too far
 * ahead stops in the middle of its turn, as it would in front of a pipe that nobody reads. The main thread never waits for a slot.
 */
export class OutputWindow {
  private readonly taken: Int32Array;
  /** Of all that was sent; wraps around together with `taken`. */
  private sent = 0;

  constructor(counter: SharedArrayBuffer) {
    this.taken = new Int32Array(counter);
  }

  /** In the slot: returns when there is room. `flush` is called before waiting, so that what was said is on its way. */
  enter(output: ClientOutputMessage, flush: () => void): void {
    const units = unitsOf(output);
    for (;;) {
      const taken = Atomics.load(this.taken, 0);
      const ahead = (this.sent - taken) | 0;
      // Alone it may be larger than the window.
      if (ahead === 0 || ahead + units <= unitsMax) break;
      flush();
      Atomics.wait(this.taken, 0, taken);
    }
    this.sent = (this.sent + units) | 0;
  }

  /** In the main thread: the output has been handed on. */
  leave(output: ClientOutputMessage): void {
    Atomics.add(this.taken, 0, unitsOf(output));
    Atomics.notify(this.taken, 0);
  }
}
