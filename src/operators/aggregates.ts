import type { Reducer } from './reduce.js';

/** What can be added up. */
export type Summand = number | bigint;
/** What has an order. */
export type Comparable = Summand | string;
type Fields = Readonly<Record<string, unknown>>;

/** The first record with the sum of all in `field`. */
export const sumOf = <T>(field: string): Reducer<T> =>
  asReducer((before, next) => ({
    ...before,
    [field]: (before[field] as number) + (next[field] as number),
  }));

/** The first record with the least of all in `field`. */
export const minOf = <T>(field: string): Reducer<T> =>
  asReducer((before, next) => (isLess(next, before, field) ? { ...before, [field]: next[field] } : before));

export const maxOf = <T>(field: string): Reducer<T> =>
  asReducer((before, next) => (isLess(before, next, field) ? { ...before, [field]: next[field] } : before));

/** The record that has the least in `field`; of several the first. */
export const minByOf = <T>(field: string): Reducer<T> =>
  asReducer((before, next) => (isLess(next, before, field) ? next : before));

export const maxByOf = <T>(field: string): Reducer<T> =>
  asReducer((before, next) => (isLess(before, next, field) ? next : before));

const isLess = (a: Fields, b: Fields, field: string): boolean => (a[field] as Comparable) < (b[field] as Comparable);

/** Records are objects: only those have fields that could be named. */
const asReducer = <T>(reduce: (before: Fields, next: Fields) => Fields): Reducer<T> => reduce as unknown as Reducer<T>;
