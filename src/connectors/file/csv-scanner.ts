import type { ByteWindow } from './byte-window.js';
import { carriageReturn, lineFeed } from './line-scanner.js';
import type { Found, RecordScanner } from './record-scanner.js';

type Place = 'fieldStart' | 'plain' | 'quoted' | 'quoteSeen';

/** One record a row. A row ends with LF or CR LF outside quotes; the last one may go without. */
export class CsvScanner implements RecordScanner {
  from: number;
  to: number;
  next: number;
  linesBefore = 0;
  linesDone = 0;
  readonly reason = '';
  private scanned: number;
  private place: Place = 'fieldStart';

  constructor(
    position: number,
    private readonly delimiter: number,
    private readonly quote: number | null,
  ) {
    this.from = position;
    this.to = position;
    this.next = position;
    this.scanned = position;
  }

  get keep(): number {
    return this.next;
  }

  find(window: ByteWindow, complete: boolean): Found {
    const rowEnd = this.rowEnd(window);
    if (rowEnd < 0 && !complete) return 'more';
    if (rowEnd < 0 && this.next === window.end) return 'end';
    const to = rowEnd < 0 ? window.end : rowEnd;
    this.to = to > this.from && window.bytes[to - 1 - window.base] === carriageReturn ? to - 1 : to;
    this.next = this.scanned;
    this.place = 'fieldStart';
    return 'record';
  }

  /** Position of the line end that ends the row, or -1. Line ends within quotes are counted on the way. */
  private rowEnd({ bytes, base, end }: ByteWindow): number {
    if (this.scanned === this.next) this.linesBefore = this.linesDone;
    this.from = this.next;
    let { place } = this;
    const { delimiter, quote } = this;
    const last = end - base;
    for (let i = this.scanned - base; i < last; i += 1) {
      const byte = bytes[i];
      if (byte === lineFeed) {
        this.linesDone += 1;
        if (place === 'quoted') continue;
        this.scanned = base + i + 1;
        return base + i;
      }
      if (byte === quote) place = afterQuote(place);
      else if (place === 'quoted') continue;
      else place = byte === delimiter ? 'fieldStart' : 'plain';
    }
    this.place = place;
    this.scanned = end;
    return -1;
  }
}

/** A quote opens a field only as its first byte; within one it closes it, unless a second follows at once. */
function afterQuote(place: Place): Place {
  if (place === 'quoted') return 'quoteSeen';
  return place === 'plain' ? 'plain' : 'quoted';
}
