import { hashText } from '../random.js';
import { type SimRecord, valueMax } from './sim-record.js';
import type { TimeSpec } from './time-spec.js';

/** A record of a source in event time: by its place in the source, and some of it late. */
export function eventTimeOf(record: SimRecord, time: TimeSpec, splits: number): number {
  const { startMs, stepMs, grainMs, disorderMs } = time;
  const place = (record.number * splits + record.split) * stepMs - backwardsMs(record.id, disorderMs);
  return startMs + Math.floor(place / grainMs) * grainMs;
}

/** Often all or nothing, because bounds break at their edges. */
function backwardsMs(id: string, disorderMs: number): number {
  const hash = hashText(id, 7);
  if (hash % 3 === 0) return 0;
  return hash % 3 === 1 ? disorderMs : hashText(id, 8) % (disorderMs + 1);
}

/** What records come to in any order. */
export interface Tally {
  readonly count: number;
  readonly sum: number;
  /** Of the hashes of their ids. */
  readonly mix: number;
}

export const noTally: Tally = { count: 0, sum: 0, mix: 0 };

export const tallyOf = ({ id, value }: SimRecord): Tally => ({ count: 1, sum: value, mix: hashText(id, 3) });

export const plus = (a: Tally, b: Tally): Tally => ({
  count: a.count + b.count,
  sum: a.sum + b.sum,
  mix: (a.mix + b.mix) >>> 0,
});

/** What a stage makes of several records. All that it says is in its id, by which output is compared. */
export function resultOf(stage: number, what: string, parts: readonly unknown[], { sum }: Tally): SimRecord {
  const id = `${what}${stage}(${parts.join(' ')})`;
  return { id, source: -1, split: stage, number: 0, value: sum % valueMax, folds: [] };
}

export const tallyText = ({ count, sum, mix }: Tally): string => `${count}:${sum}:${mix}`;

/** A record as the tally of itself, for a reduction: records of one type go in and come out. */
export const asTally = (record: SimRecord): SimRecord => {
  const { count, sum, mix } = tallyOf(record);
  return { id: record.id, source: -1, split: count, number: mix, value: sum, folds: [] };
};

export const tallyIn = ({ split, value, number }: SimRecord): Tally => ({ count: split, sum: value, mix: number });

export const tallied = (a: SimRecord, b: SimRecord): SimRecord => {
  const { count, sum, mix } = plus(tallyIn(a), tallyIn(b));
  return { ...a, id: least(a.id, b.id), split: count, number: mix, value: sum };
};

const least = (...ids: readonly string[]): string => [...ids].sort()[0] as string;

/** What a join makes of two records. */
export const pairOf = (left: SimRecord, right: SimRecord, stage: number): SimRecord => ({
  id: `pair${stage}(${left.id}+${right.id})`,
  source: -1,
  split: stage,
  number: 0,
  value: (left.value + right.value) % valueMax,
  folds: [],
});

/** The multiple of `grainMs` at or after a time. */
export const dueAt = (time: number, grainMs: number): number => Math.ceil(time / grainMs) * grainMs + 0;

/** What becomes of the echo of a timer. */
export type Echo =
  /** Set with the timer. */
  | 'set'
  /** Set when the timer fires. */
  | 'setLater'
  /** Taken back when the timer fires. */
  | 'deletedLater'
  /** Taken back as soon as it is set. */
  | 'deleted';

export const echoOf = (key: string, due: number): Echo =>
  (['set', 'setLater', 'deletedLater', 'deleted'] as const)[hashText(`${key}/${due}`, 5) % 4] as Echo;

/** How a late window tells what it holds. */
export interface LateWindowResult {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly members: readonly string[];
}

const lateMark = 'late|';

export const lateResultId = ({ key, start, end, members }: LateWindowResult): string =>
  [lateMark.slice(0, -1), key, start, end, members.join('+')].join('|');

/** Null for any other record. */
export function lateResultIn(id: string): LateWindowResult | null {
  if (!id.startsWith(lateMark)) return null;
  const [, key = '', start, end, members = ''] = id.split('|');
  return { key, start: Number(start), end: Number(end), members: members.split('+') };
}
