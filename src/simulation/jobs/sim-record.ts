import { hashText } from '../random.js';
import type { KeyedBy, KeyKind } from './job-spec.js';

/** What flows through a generated job. Everything in it follows from where it was made, except the folds. */
export interface SimRecord {
  /** `source/split/number`, and `.copy` for each flatMap behind it. Unique, but for what broadcasts double. */
  readonly id: string;
  readonly source: number;
  readonly split: number;
  /** Position in its split, from 0. */
  readonly number: number;
  readonly value: number;
  /** One for each keyed stage that it has passed. */
  readonly folds: readonly Fold[];
}

/** What a keyed stage had made of the records of one key when it put this record out. */
export interface Fold {
  readonly key: string;
  /** The record that was folded in last. */
  readonly of: string;
  /** Its place among the records of the key, from 1. */
  readonly count: number;
  readonly sum: number;
  /** A hash over all ids so far, in their order. */
  readonly chain: number;
}

export const valueMax = 1_000;

/** The record that a source makes of an index. Split k of n holds the indices k, k + n, k + 2n, … */
export function sourceRecord(source: number, splits: number, index: number): SimRecord {
  const split = index % splits;
  const number = Math.floor(index / splits);
  const id = `${source}/${split}/${number}`;
  return { id, source, split, number, value: hashText(id, 1) % valueMax, folds: [] };
}

/** What a subtask puts out at the end of its input. */
export const farewellOf = (stage: number, subtask: number): SimRecord => ({
  id: `${farewell}${stage}/${subtask}`,
  source: -1,
  split: stage,
  number: subtask,
  value: 0,
  folds: [],
});

const farewell = 'end/';

/** These are put out when an input has ended, which a position does not tell. */
export const isFarewell = (id: string): boolean => id.startsWith(farewell);

export const mapped = (record: SimRecord, stage: number): SimRecord => ({
  ...record,
  value: (record.value * 3 + stage) % valueMax,
});

export const isKept = ({ id }: SimRecord, stage: number, oneIn: number): boolean => hashText(id, stage) % oneIn !== 0;

/** Whether a record of a stage with two inputs comes in by the first, where one stream is divided for it. */
export const isFirst = (record: SimRecord, stage: number): boolean => isKept(record, stage, 2);

export const copyOf = (record: SimRecord, copy: number): SimRecord => ({
  ...record,
  id: `${record.id}.${copy}`,
  value: (record.value + copy) % valueMax,
});

/** Stages draw their keys independently, so that records of one key of the first meet different keys of the second. */
export const keyOf = ({ id }: SimRecord, stage: number, spec: Pick<KeyedBy, 'keys' | 'keyKind'>): SimKey =>
  keyAs(spec.keyKind, hashText(id, stage + 100) % spec.keys);

export type SimKey = string | number | readonly [string, number];

/** The key of this number, as a value that a stream can be keyed by. */
export function keyAs(kind: KeyKind, key: number): SimKey {
  if (kind === 'tuple') return ['k', key];
  return kind === 'number' ? key : `k${key}`;
}

/** The same for a key of whichever kind, so that folds compare. */
export function keyText(key: SimKey): string {
  if (typeof key === 'string') return key;
  return typeof key === 'number' ? `k${key}` : key.join('');
}

export const firstFold = (key: string, { id, value }: SimRecord): Fold => ({
  key,
  of: id,
  count: 1,
  sum: value,
  chain: hashText(id, 0),
});

export const nextFold = (before: Fold, { id, value }: SimRecord): Fold => ({
  key: before.key,
  of: id,
  count: before.count + 1,
  sum: before.sum + value,
  chain: hashText(id, before.chain),
});

export const withFold = (record: SimRecord, fold: Fold): SimRecord => ({ ...record, folds: [...record.folds, fold] });
