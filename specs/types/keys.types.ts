import { type DataStream, defineJob, type KeyedStream, type StreamEnvironment } from 'weirflow';

/** What may be a key, and what the compiler refuses. */

interface Flight {
  readonly tail: string;
  readonly origin: { readonly code: string; readonly country: number };
  readonly departed: Date;
  readonly via: readonly string[];
  readonly gate: string | null;
  readonly labels: ReadonlyMap<string, string>;
}

declare const flights: DataStream<Flight>;

export const byString: KeyedStream<Flight, string> = flights.keyBy((flight) => flight.tail);
export const byNumber: KeyedStream<Flight, number> = flights.keyBy((flight) => flight.origin.country);
export const byBigint: KeyedStream<Flight, bigint> = flights.keyBy((flight) => BigInt(flight.origin.country));
export const byBoolean: KeyedStream<Flight, boolean> = flights.keyBy((flight) => flight.gate === null);
export const byTuple: KeyedStream<Flight, readonly [string, number]> = flights.keyBy((flight) => [
  flight.tail,
  flight.origin.country,
]);
export const byArray: KeyedStream<Flight, readonly string[]> = flights.keyBy((flight) => flight.via);
/** Also of an interface, which has no index signature. */
export const byObject: KeyedStream<Flight, Flight['origin']> = flights.keyBy((flight) => flight.origin);
export const byMade: KeyedStream<Flight, { readonly tail: string; readonly day: number }> = flights.keyBy((flight) => ({
  tail: flight.tail,
  day: flight.departed.getDay(),
}));

// @ts-expect-error A date is no key: its identity is not in its fields.
flights.keyBy((flight) => flight.departed);
// @ts-expect-error Nor is a date within a key.
flights.keyBy((flight) => [flight.tail, flight.departed]);
// @ts-expect-error Nor in a field of a key.
flights.keyBy((flight) => ({ departed: flight.departed }));
// @ts-expect-error A key is never null,
flights.keyBy((flight) => flight.gate);
// @ts-expect-error nor undefined.
flights.keyBy((flight) => flight.via[0]);
// @ts-expect-error A map is no key.
flights.keyBy((flight) => flight.labels);
// @ts-expect-error A function is no key.
flights.keyBy((flight) => () => flight.tail);
// @ts-expect-error A symbol is no key.
flights.keyBy(() => Symbol('key'));
// @ts-expect-error What nobody knows cannot be known to be a key.
flights.keyBy((flight): unknown => flight.tail);
// @ts-expect-error There is no such field.
flights.keyBy((flight) => flight.tial);
// @ts-expect-error A keyed stream of one kind of key is none of another.
export const wrongKey: KeyedStream<Flight, number> = flights.keyBy((flight) => flight.tail);

export function keyedStreamsOnlyOffer(env: StreamEnvironment): void {
  const keyed = env.fromCollection([1, 2]).keyBy((n) => n);
  // @ts-expect-error Dealing records out in turn would take them away from their keys.
  keyed.rebalance();
  // @ts-expect-error A stream without keys has no state to reduce into.
  env.fromCollection([1, 2]).reduce((a: number, b: number) => a + b);
  // @ts-expect-error Only an operator has a uid; keyBy is none.
  keyed.uid('keyed');
}

export function aggregatesNameFields(env: StreamEnvironment): void {
  const keyed = env.fromCollection([{ id: 'a', amount: 1, large: 1n, at: new Date(0) }]).keyBy(({ id }) => id);
  const sums: DataStream<{ id: string; amount: number }> = keyed.sum('amount');
  keyed.sum('large');
  keyed.minBy('id').map(({ at }) => at);
  // @ts-expect-error Texts have an order, but no sum.
  keyed.sum('id');
  // @ts-expect-error Dates have neither.
  keyed.max('at');
  // @ts-expect-error There is no such field.
  keyed.maxBy('amuont');
  // @ts-expect-error Numbers have no fields; reduce adds them up.
  env
    .fromCollection([1])
    .keyBy((n) => n)
    .sum('toFixed');
  return void sums;
}

// @ts-expect-error A job is written by a function of the environment.
defineJob('no-function', 'build');
