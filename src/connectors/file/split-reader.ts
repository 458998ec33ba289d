import type { Failure } from '../../../actors/kernel/failure.js';
import { failure } from '../../../actors/kernel/failure.js';
import { noTimestamp } from '../../operators/operator.js';
import type { Files } from '../../ports/files.js';
import { checkedTimestamp } from '../checked-timestamp.js';
import { ByteWindow } from './byte-window.js';
import type { FileSplit } from './file-split.js';
import { ReadAhead, type ReadAheadEvents } from './read-ahead.js';
import { BrokenFile, noRecord, type RecordDecoder } from './record-decoder.js';
import type { RecordFormat } from './record-format.js';
import type { RecordScanner } from './record-scanner.js';

/** As channels carry at most. */
export const recordBytesMax = 16 * 1_024 * 1_024;

/** A record together with where it stands: `position` is that of its first byte in the file, and differs for all records of a file. */
export interface Positioned<T> {
  readonly file: string;
  readonly position: number;
  readonly value: T;
}

/** How a reader reads, the same for all its splits. */
export interface Reading<T> {
  readonly format: RecordFormat<T>;
  readonly timestamp: ((record: T) => number) | null;
  readonly withPosition: boolean;
  readonly onMalformed: 'fail' | 'skip';
  readonly blockBytes: number;
}

export interface SplitEvents extends ReadAheadEvents {
  skipped(failure: Failure): void;
}

/** `full`: as many as were asked for. `waiting`: until more bytes have arrived. `ended`: no further record. `failed`: as told. */
export type ReadVerdict = 'full' | 'waiting' | 'ended' | 'failed';

/** Reads the records of one split. */
export class SplitReader<T> {
  private readonly ahead: ReadAhead;
  private readonly window: ByteWindow;
  private readonly scanner: RecordScanner;
  private readonly decoder: RecordDecoder<T>;
  /** In the line that the split before it ends with, which begins in that one. */
  private inForeignLine: boolean;
  private tooLarge = false;

  constructor(
    files: Files,
    private readonly split: FileSplit,
    private readonly reading: Reading<T>,
    private readonly events: SplitEvents,
  ) {
    this.inForeignLine = split.position === null && split.start > 0;
    // From the byte before: a line end there means that a line begins right at the start.
    const position = split.position ?? Math.max(0, split.start - 1);
    this.ahead = new ReadAhead(files, split, position, reading.blockBytes, events);
    this.window = new ByteWindow(position);
    this.scanner = reading.format.scanner(position);
    this.decoder = reading.format.decoder(split.columns);
  }

  get id(): string {
    return this.split.id;
  }

  /** Appends up to `recordsMax` records. */
  read(values: unknown[], timestamps: number[], recordsMax: number): ReadVerdict {
    const { scanner, window, reading } = this;
    const full = values.length + recordsMax;
    while (values.length < full) {
      if (reading.format.splittable && scanner.next >= this.split.end) return 'ended';
      const found = scanner.find(window, this.ahead.ended);
      if (found === 'more') {
        this.makeRoom();
        if (this.tooLarge && reading.onMalformed === 'fail') return this.fail(tooLargeReason, skipRemedy);
        const block = this.ahead.take();
        if (block === null) return 'waiting';
        window.append(block);
      } else if (found === 'end') {
        return 'ended';
      } else if (found === 'broken') {
        return this.fail(scanner.reason, '');
      } else {
        if (this.inForeignLine) this.inForeignLine = false;
        else if (!this.takeRecord(values, timestamps)) return 'failed';
        this.tooLarge = false;
        window.release(scanner.next);
      }
    }
    return 'full';
  }

  /** The split as it goes on after the record read last. */
  snapshot(): FileSplit {
    const { split, scanner } = this;
    if (this.inForeignLine) return split;
    const line = split.line === null ? null : split.line + scanner.linesDone;
    return { ...split, position: scanner.next, line, columns: this.decoder.columns };
  }

  close(): void {
    this.ahead.close();
  }

  /** False when the attempt has failed. */
  private takeRecord(values: unknown[], timestamps: number[]): boolean {
    const { scanner, reading, split } = this;
    let value: T | typeof noRecord;
    try {
      value = this.decoded();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reading.onMalformed === 'fail' || error instanceof BrokenFile) {
        this.fail(reason, error instanceof BrokenFile ? '' : skipRemedy);
        return false;
      }
      this.events.skipped(this.malformed(reason, ''));
      return true;
    }
    if (value === noRecord) return true;
    timestamps.push(reading.timestamp === null ? noTimestamp : checkedTimestamp(reading.timestamp(value)));
    values.push(reading.withPosition ? { file: split.file, position: scanner.from, value } : value);
    return true;
  }

  private decoded(): T | typeof noRecord {
    const { from, to } = this.scanner;
    if (this.tooLarge || to - from > recordBytesMax) throw new Error(tooLargeReason);
    const text = this.window.text(from, to);
    // Only at the start of the file is this character a mark and no content.
    return this.decoder.decode(from === 0 && text.startsWith('\ufeff') ? text.slice(1) : text);
  }

  /** Keeps what the record at hand still needs, unless it is too large to be of use. */
  private makeRoom(): void {
    this.window.release(this.scanner.keep);
    this.tooLarge ||= this.window.held > recordBytesMax;
    if (this.tooLarge || this.inForeignLine) this.window.release(this.window.end);
  }

  private fail(reason: string, otherwise: string): 'failed' {
    this.events.failed(this.malformed(reason, otherwise));
    return 'failed';
  }

  private malformed(reason: string, otherwise: string): Failure {
    const { file, line } = this.split;
    const { from, linesBefore } = this.scanner;
    const where = line === null ? `byte ${from}` : `line ${line + linesBefore}, byte ${from}`;
    const message = `The record at ${where} of '${file}' is malformed: ${reason}. Correct the file${otherwise}.`;
    return failure('RECORD_MALFORMED', 'user', message, 'never');
  }
}

const tooLargeReason = `it is larger than the ${recordBytesMax} bytes that a record may have`;
const skipRemedy = ", or read it with onMalformed: 'skip'";
