import type { ByteWindow } from './byte-window.js';
import type { Found, RecordScanner } from './record-scanner.js';

export const lineFeed = 0x0a;
export const carriageReturn = 0x0d;

/** One record a line. A line ends with LF or CR LF; the last one may go without. */
export class LineScanner implements RecordScanner {
  from: number;
  to: number;
  next: number;
  linesBefore = 0;
  linesDone = 0;
  readonly reason = '';
  private scanned: number;

  constructor(position: number) {
    this.from = position;
    this.to = position;
    this.next = position;
    this.scanned = position;
  }

  get keep(): number {
    return this.next;
  }

  find(window: ByteWindow, complete: boolean): Found {
    this.from = this.next;
    this.linesBefore = this.linesDone;
    const at = this.scanned === window.end ? -1 : window.bytes.indexOf(lineFeed, this.scanned - window.base);
    const position = at + window.base;
    if (at >= 0 && position < window.end) {
      this.found(window, position);
      this.next = position + 1;
      this.linesDone += 1;
    } else {
      this.scanned = window.end;
      if (!complete) return 'more';
      if (this.next === window.end) return 'end';
      this.found(window, window.end);
      this.next = window.end;
    }
    this.scanned = this.next;
    return 'record';
  }

  private found(window: ByteWindow, to: number): void {
    this.to = to > this.from && window.bytes[to - 1 - window.base] === carriageReturn ? to - 1 : to;
  }
}
