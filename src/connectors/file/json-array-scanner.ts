import type { ByteWindow } from './byte-window.js';
import { lineFeed } from './line-scanner.js';
import type { Found, RecordScanner } from './record-scanner.js';

const code = {
  tab: 0x09,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

type Place =
  | 'beforeArray'
  /** Behind `[`: an element, or the end of an empty array. */
  | 'beforeFirst'
  | 'beforeElement'
  /** In an object or array, outside of its strings. */
  | 'inContainer'
  | 'inString'
  | 'escaped'
  /** In a number or a word. */
  | 'inWord'
  | 'afterElement'
  | 'afterArray';

/** One record an element of the one array that the file consists of. It finds where elements end, not whether they are valid JSON. */
export class JsonArrayScanner implements RecordScanner {
  from: number;
  to: number;
  next: number;
  linesBefore = 0;
  linesDone = 0;
  reason = '';
  private at: number;
  private depth = 0;
  private place: Place;

  /** From a position other than 0 it goes on behind an element. */
  constructor(position: number) {
    this.from = position;
    this.to = position;
    this.next = position;
    this.at = position;
    this.place = position === 0 ? 'beforeArray' : 'afterElement';
  }

  get keep(): number {
    return inElement.has(this.place) ? this.from : this.at;
  }

  find(window: ByteWindow, complete: boolean): Found {
    while (this.at < window.end) {
      const byte = window.bytes[this.at - window.base] as number;
      if (inElement.has(this.place)) {
        if (this.elementEndsIn(window)) return 'record';
      } else if (isSpace(byte)) {
        if (byte === lineFeed) this.linesDone += 1;
        this.at += 1;
      } else {
        this.between(byte, window);
        if (this.reason !== '') return this.broken();
      }
    }
    return complete ? this.atEnd() : 'more';
  }

  /** Takes one byte that is no space and stands outside of elements. */
  private between(byte: number, window: ByteWindow): void {
    switch (this.place) {
      case 'beforeArray':
        if (byte === code.openBracket) this.place = 'beforeFirst';
        else if (this.isByteOrderMark(window)) this.at += 2;
        else return this.unexpected(byte);
        break;
      case 'afterElement':
        if (byte === code.comma) this.place = 'beforeElement';
        else if (byte === code.closeBracket) this.place = 'afterArray';
        else return this.unexpected(byte);
        break;
      case 'beforeFirst':
        if (byte !== code.closeBracket) return this.beginElement(byte);
        this.place = 'afterArray';
        break;
      case 'beforeElement':
        return this.beginElement(byte);
      default:
        return this.unexpected(byte);
    }
    this.at += 1;
  }

  private unexpected(byte: number): void {
    this.reason = `${JSON.stringify(String.fromCharCode(byte))} stands where ${expected[this.place]} belongs`;
  }

  private isByteOrderMark({ bytes, base }: ByteWindow): boolean {
    const i = this.at - base;
    return this.at === 0 && bytes[i] === 0xef && bytes[i + 1] === 0xbb && bytes[i + 2] === 0xbf;
  }

  private beginElement(byte: number): void {
    if (byte === code.comma || byte === code.closeBracket) return this.unexpected(byte);
    this.from = this.at;
    this.linesBefore = this.linesDone;
    this.depth = 0;
    this.place = byte === code.quote ? 'inString' : isOpen(byte) ? 'inContainer' : 'inWord';
    // The first bracket of a container is counted where the others are.
    if (this.place !== 'inContainer') this.at += 1;
  }

  /** True when the element ends within the window; `at` is behind it then, and otherwise at the end of the window. */
  private elementEndsIn({ bytes, base, end }: ByteWindow): boolean {
    let { place, depth } = this;
    let i = this.at - base;
    const last = end - base;
    let ended = false;
    for (; i < last && !ended; i += 1) {
      const byte = bytes[i] as number;
      if (byte === lineFeed) this.linesDone += 1;
      if (place === 'inString') {
        if (byte === code.quote) {
          if (depth === 0) ended = true;
          else place = 'inContainer';
        } else if (byte === code.backslash) place = 'escaped';
      } else if (place === 'escaped') place = 'inString';
      else if (place === 'inContainer') {
        if (byte === code.quote) place = 'inString';
        else if (isOpen(byte)) depth += 1;
        else if (isClose(byte)) {
          depth -= 1;
          ended = depth === 0;
        }
      } else if (byte === code.comma || byte === code.closeBracket || isSpace(byte)) {
        // What ends a word is not part of it.
        if (byte === lineFeed) this.linesDone -= 1;
        ended = true;
        i -= 1;
      }
    }
    this.place = place;
    this.depth = depth;
    this.at = base + i;
    if (ended) this.endElement();
    return ended;
  }

  private endElement(): void {
    this.to = this.at;
    this.next = this.at;
    this.place = 'afterElement';
  }

  private atEnd(): Found {
    if (this.place === 'afterArray') return 'end';
    if (this.place === 'inWord') {
      this.endElement();
      return 'record';
    }
    if (inElement.has(this.place)) {
      this.reason = 'the file ends within it';
      return 'broken';
    }
    this.reason = `the file ends where ${expected[this.place]} belongs`;
    return this.broken();
  }

  private broken(): 'broken' {
    this.from = this.at;
    this.linesBefore = this.linesDone;
    return 'broken';
  }
}

const inElement: ReadonlySet<Place> = new Set<Place>(['inContainer', 'inString', 'escaped', 'inWord']);

const expected: Readonly<Record<Place, string>> = {
  beforeArray: "the '[' of an array",
  beforeFirst: "an element or ']'",
  beforeElement: 'an element',
  inContainer: 'the rest of an element',
  inString: 'the rest of a string',
  escaped: 'the rest of a string',
  inWord: 'the rest of an element',
  afterElement: "',' or ']'",
  afterArray: 'nothing more',
};

const isSpace = (byte: number): boolean =>
  byte === code.space || byte === lineFeed || byte === code.carriageReturn || byte === code.tab;
const isOpen = (byte: number): boolean => byte === code.openBrace || byte === code.openBracket;
const isClose = (byte: number): boolean => byte === code.closeBrace || byte === code.closeBracket;
