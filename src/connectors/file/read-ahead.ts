import type { Failure } from '../../../actors/kernel/failure.js';
import { failure } from '../../../actors/kernel/failure.js';
import type { Files } from '../../ports/files.js';
import type { FileSplit } from './file-split.js';

/** Blocks that may lie ready; one more is being read meanwhile. */
const readyMax = 2;
/** What is read at a time behind the end of a split, where only the rest of its last record is wanted. */
const overhangBytes = 65_536;

/** What the consumer is told; both calls come later, never from within a call of the consumer. */
export interface ReadAheadEvents {
  arrived(): void;
  failed(failure: Failure): void;
}

/**
 * The bytes of a split as blocks in order, read before they are asked for, and what follows the split only when asked for. Fails with
 * SPLIT_GONE when the file is no longer what the split was made of.
 */
export class ReadAhead {
  private readonly ready: Buffer[] = [];
  /** Up to here was read, and up to here was taken. */
  private readTo: number;
  private takenTo: number;
  private limit: number;
  private busy = false;
  private closed = false;

  constructor(
    private readonly files: Files,
    private readonly split: FileSplit,
    position: number,
    private readonly blockBytes: number,
    private readonly events: ReadAheadEvents,
  ) {
    this.readTo = position;
    this.takenTo = position;
    this.limit = Math.max(split.end, position);
    this.checkSize();
  }

  /** True when the last block of the file has been taken. */
  get ended(): boolean {
    return this.takenTo >= this.split.fileBytes;
  }

  /** The next block, or null until `arrived` says that there is one. */
  take(): Buffer | null {
    const block = this.ready.shift();
    if (block !== undefined) this.takenTo += block.length;
    else if (!this.busy && this.readTo >= this.limit)
      this.limit = Math.min(this.split.fileBytes, this.limit + overhangBytes);
    this.readOn();
    return block ?? null;
  }

  close(): void {
    this.closed = true;
    this.ready.length = 0;
  }

  private checkSize(): void {
    const { file, fileBytes } = this.split;
    this.busy = true;
    this.files.size(file, (size) => {
      if (this.closed) return;
      this.busy = false;
      if (!size.ok) return this.gone(size.failure.message);
      if (size.value !== fileBytes) return this.gone(`It had ${fileBytes} bytes and now has ${size.value}.`);
      this.readOn();
      this.events.arrived();
    });
  }

  private readOn(): void {
    if (this.closed || this.busy || this.ready.length >= readyMax || this.readTo >= this.limit) return;
    const length = Math.min(this.blockBytes, this.limit - this.readTo);
    this.busy = true;
    this.files.read(this.split.file, this.readTo, length, (result) => {
      if (this.closed) return;
      this.busy = false;
      if (!result.ok) return this.gone(result.failure.message);
      const bytes = result.value;
      if (bytes.byteLength !== length) {
        return this.gone(
          `It ends at byte ${this.readTo + bytes.byteLength}, before the ${this.split.fileBytes} bytes it had.`,
        );
      }
      this.ready.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      this.readTo += length;
      this.readOn();
      this.events.arrived();
    });
  }

  private gone(what: string): void {
    this.close();
    const { file, position } = this.split;
    const where = position === null ? '' : ` from byte ${position} on, as the checkpoint demands`;
    const remedy = 'Files must stay as they are while a job reads them, and be the same on every machine that does.';
    const message = `'${file}' cannot be read${where}: it has changed since its splits were made. ${what} ${remedy}`;
    this.events.failed(failure('SPLIT_GONE', 'user', message, 'never'));
  }
}
