import type {
  AggregatingState,
  AggregatingStateDescriptor,
  AnyStateDescriptor,
  KeyedState,
  ListState,
  MapState,
  ReducingState,
  ReducingStateDescriptor,
  StateDescriptor,
  ValueState,
} from '../state/keyed-state.js';
import { StateFailure } from '../state/state-failure.js';
import type { OperatorContext } from './operator.js';

/** The keyed state of an operator whose input must be keyed. */
export function keyedStateOf({ uid, keyed }: OperatorContext<never>): KeyedState {
  if (keyed !== null) return keyed;
  throw new StateFailure('INPUT_NOT_KEYED', 'user', `operator '${uid}' needs keyed input; put keyBy before it`);
}

/** Gives the state that a descriptor names. Each use of a handle is about the key that is current then. */
export interface StateAccess {
  state<T>(descriptor: StateDescriptor<'value', T>): ValueState<T>;
  state<T>(descriptor: StateDescriptor<'list', T>): ListState<T>;
  state<K, T>(descriptor: StateDescriptor<'map', T, K>): MapState<K, T>;
  state<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T>;
  state<In, Acc, Out>(descriptor: AggregatingStateDescriptor<In, Acc, Out>): AggregatingState<In, Out>;
}

export function stateAccessOf(keyed: KeyedState): StateAccess {
  const state = (descriptor: AnyStateDescriptor): unknown => {
    switch (descriptor.kind) {
      case 'value':
        return keyed.value(descriptor);
      case 'list':
        return keyed.list(descriptor);
      case 'map':
        return keyed.map(descriptor);
      case 'reducing':
        return keyed.reducing(descriptor);
      case 'aggregating':
        return keyed.aggregating(descriptor);
    }
  };
  return { state: state as StateAccess['state'] };
}
