import { outputFolder, type SimRecord } from '../jobs/index.js';
import type { FileEvent, SimFiles } from '../sim-files.js';

/** What a file sink promises in a checkpoint: a part that is durable, and the name under which it will be shown. */
export interface PartPromise {
  readonly pending: string;
  readonly final: string;
}

/** The promise in a committable of a file sink; null for that of another sink. */
export function promiseIn(committable: unknown): PartPromise | null {
  if (typeof committable !== 'object' || committable === null) return null;
  return 'pending' in committable && 'final' in committable ? (committable as PartPromise) : null;
}

/** Files whose names begin with a dot are shown to nobody. */
export const isShown = (path: string): boolean => !path.slice(path.lastIndexOf('/') + 1).startsWith('.');

/** The files that are shown there just now. */
export const shownIn = ({ files }: Pick<SimFiles, 'files'>): readonly (readonly [string, Uint8Array])[] =>
  [...files].filter(([path]) => path.startsWith(`${outputFolder}/`) && isShown(path));

/** The name under which this event has just shown a file to everybody; null when it did something else. */
export const committedPath = ({ kind, to }: FileEvent): string | null => (kind === 'rename' && isShown(to) ? to : null);

/** `part-<uid>-<subtask>-<epoch>.<round>-<number>`, with a dot ahead and the stage behind. */
const openPart = /-(\d+)-(\d+)\.(\d+)-(?:\d+|try)\.[^.]+\.(inprogress|pending)$/;

export interface OpenPart {
  readonly epoch: number;
  readonly round: number;
  readonly stage: 'inprogress' | 'pending';
}

/** A part that is not shown: who writes it, and how far it is. Null for any other file. */
export function openPartAt(path: string): OpenPart | null {
  const match = isShown(path) ? null : openPart.exec(path);
  if (match === null) return null;
  return { epoch: Number(match[2]), round: Number(match[3]), stage: match[4] as OpenPart['stage'] };
}

// The file system never changes bytes in place, so what a file says belongs to the array.
const parsed = new WeakMap<Uint8Array, readonly SimRecord[]>();

/** The records of a part of a generated job. */
export function recordsIn(bytes: Uint8Array): readonly SimRecord[] {
  let records = parsed.get(bytes);
  if (records === undefined) {
    const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString().split('\n');
    records = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as SimRecord);
    parsed.set(bytes, records);
  }
  return records;
}
