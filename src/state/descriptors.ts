import type { AggregateFunction, ReduceFunction } from './aggregates.js';
import type { AggregatingStateDescriptor, ReducingStateDescriptor, StateDescriptor } from './keyed-state.js';
import type { StateTtl } from './ttl.js';
import type { ValueSerializer } from './value-serializer.js';

/** What a state may be given beside its name. */
export interface StateOptions<T = unknown> {
  /** Without one, state lives until it is cleared. Giving a state that has none a TTL, or taking it away, is refused with STATE_TTL_TOGGLED. */
  readonly ttl?: StateTtl;
  /** For values that are no plain data: of a list each entry, of a map each value, of an aggregation the accumulator. */
  readonly serializer?: ValueSerializer<T>;
}

/** What a descriptor takes of them. */
function settingsOf<T>({ ttl = null, serializer }: { ttl?: StateTtl | null; serializer?: ValueSerializer<T> }): {
  readonly ttl: StateTtl | null;
  readonly serializer?: ValueSerializer<unknown>;
} {
  return serializer === undefined ? { ttl } : { ttl, serializer: serializer as ValueSerializer<unknown> };
}

/**
 * Names a state that holds one value for each key. The name is unique in its operator and outlives versions of the job.
 */
export function valueState<T>(name: string, options: StateOptions<T> = {}): StateDescriptor<'value', T> {
  return { kind: 'value', name, ...settingsOf(options) };
}

/** Names a state that holds a list for each key, in the order in which values were added. */
export function listState<T>(name: string, options: StateOptions<T> = {}): StateDescriptor<'list', T> {
  return { kind: 'list', name, ...settingsOf(options) };
}

/** Names a state that holds a map for each key; its own keys are of the kinds that keys of records are. */
export function mapState<K, T>(name: string, options: StateOptions<T> = {}): StateDescriptor<'map', T, K> {
  return { kind: 'map', name, ...settingsOf(options) };
}

/** Names a state that holds, for each key, the reduction of all values that were added. */
export function reducingState<T>(
  name: string,
  reduce: ReduceFunction<T>,
  options: StateOptions<T> = {},
): ReducingStateDescriptor<T> {
  return { kind: 'reducing', name, ...settingsOf(options), reduce };
}

/** Names a state that holds, for each key, an accumulator of all values that were added, and gives what the function makes of it. */
export function aggregatingState<In, Acc, Out>(
  name: string,
  aggregate: AggregateFunction<In, Acc, Out>,
  options: StateOptions<Acc> = {},
): AggregatingStateDescriptor<In, Acc, Out> {
  return { kind: 'aggregating', name, ...settingsOf(options), aggregate };
}
