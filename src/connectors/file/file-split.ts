import type { Split } from '../../../actors/protocol/manifest.js';

/** A part of a file, and how far it has been read: what stands in checkpoints. */
export interface FileSplit {
  readonly id: string;
  /** The path as the job gives it. */
  readonly file: string;
  /** The records whose first byte lies in [start, end) are the split's. */
  readonly start: number;
  readonly end: number;
  /** Size that the file must still have. */
  readonly fileBytes: number;
  /** Splits of the source in all. */
  readonly splits: number;
  /** Where reading goes on; null before the first record. */
  readonly position: number | null;
  /** Line of `position`, from 1; null where counting could not begin at the start of the file. */
  readonly line: number | null;
  /** Columns that the header names; null unless it has been read. */
  readonly columns: readonly string[] | null;
}

export function splitOf({ id, ...data }: FileSplit): Split {
  return { id, data };
}

/** Null when the data is none that a file source has written. */
export function fileSplitOf({ id, data }: Split): FileSplit | null {
  if (typeof data !== 'object' || data === null) return null;
  const { file, start, end, fileBytes, splits, position, line, columns } = data as Readonly<Record<string, unknown>>;
  if (typeof file !== 'string' || !isCount(start) || !isCount(end) || !isCount(fileBytes) || !isCount(splits))
    return null;
  if (position !== null && !isCount(position)) return null;
  if (line !== null && !isCount(line)) return null;
  if (columns !== null && !isTexts(columns)) return null;
  return { id, file, start, end, fileBytes, splits, position, line, columns };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((text) => typeof text === 'string');
