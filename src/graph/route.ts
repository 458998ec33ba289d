/** Picks the consumer of a record, from 0 to before `parallelism`. Must be pure. */
export type Route = (value: never, parallelism: number) => number;
