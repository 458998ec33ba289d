import type { StateDescriptor } from './keyed-state.js';

/**
 * Names a state that holds one value for each key. The name is unique in its operator and outlives versions of the job.
 */
export function valueState<T>(name: string): StateDescriptor<'value', T> {
  return { kind: 'value', name };
}

/** Names a state that holds a list for each key, in the order in which values were added. */
export function listState<T>(name: string): StateDescriptor<'list', T> {
  return { kind: 'list', name };
}

/** Names a state that holds a map for each key; its own keys are of the kinds that keys of records are. */
export function mapState<K, T>(name: string): StateDescriptor<'map', T, K> {
  return { kind: 'map', name };
}
