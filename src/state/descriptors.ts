import type { AggregateFunction, ReduceFunction } from './aggregates.js';
import type { AggregatingStateDescriptor, ReducingStateDescriptor, StateDescriptor } from './keyed-state.js';
import type { StateTtl } from './ttl.js';

/** What a state may be given beside its name. */
export interface StateOptions {
  /** Without one, state lives until it is cleared. Giving a state that has none a TTL, or taking it away, is refused with STATE_TTL_TOGGLED. */
  readonly ttl?: StateTtl;
}

/**
 * Names a state that holds one value for each key. The name is unique in its operator and outlives versions of the job.
 */
export function valueState<T>(name: string, options: StateOptions = {}): StateDescriptor<'value', T> {
  return { kind: 'value', name, ttl: options.ttl ?? null };
}

/** Names a state that holds a list for each key, in the order in which values were added. */
export function listState<T>(name: string, options: StateOptions = {}): StateDescriptor<'list', T> {
  return { kind: 'list', name, ttl: options.ttl ?? null };
}

/** Names a state that holds a map for each key; its own keys are of the kinds that keys of records are. */
export function mapState<K, T>(name: string, options: StateOptions = {}): StateDescriptor<'map', T, K> {
  return { kind: 'map', name, ttl: options.ttl ?? null };
}

/** Names a state that holds, for each key, the reduction of all values that were added. */
export function reducingState<T>(
  name: string,
  reduce: ReduceFunction<T>,
  options: StateOptions = {},
): ReducingStateDescriptor<T> {
  return { kind: 'reducing', name, ttl: options.ttl ?? null, reduce };
}

/** Names a state that holds, for each key, an accumulator of all values that were added, and gives what the function makes of it. */
export function aggregatingState<In, Acc, Out>(
  name: string,
  aggregate: AggregateFunction<In, Acc, Out>,
  options: StateOptions = {},
): AggregatingStateDescriptor<In, Acc, Out> {
  return { kind: 'aggregating', name, ttl: options.ttl ?? null, aggregate };
}
