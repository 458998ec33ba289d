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
import type { TimerQueue } from '../state/timers.js';

/** A state that code asked for. */
export type Declaration =
  | { readonly kind: 'timers'; readonly name: string; readonly descriptor: null }
  | { readonly kind: AnyStateDescriptor['kind']; readonly name: string; readonly descriptor: AnyStateDescriptor };

/** Keyed state that remembers which states it was asked for. */
export class Declarations implements KeyedState {
  readonly declared: Declaration[] = [];

  constructor(private readonly state: KeyedState) {}

  setCurrentKey(key: unknown): void {
    this.state.setCurrentKey(key);
  }
  clearCurrentKey(): void {
    this.state.clearCurrentKey();
  }
  currentKey(): unknown {
    return this.state.currentKey();
  }
  watermarkFloor(): number {
    return this.state.watermarkFloor();
  }
  value<T>(descriptor: StateDescriptor<'value', T>): ValueState<T> {
    this.note(descriptor as AnyStateDescriptor);
    return this.state.value(descriptor);
  }
  list<T>(descriptor: StateDescriptor<'list', T>): ListState<T> {
    this.note(descriptor as AnyStateDescriptor);
    return this.state.list(descriptor);
  }
  map<K, T>(descriptor: StateDescriptor<'map', T, K>): MapState<K, T> {
    this.note(descriptor as AnyStateDescriptor);
    return this.state.map(descriptor);
  }
  reducing<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T> {
    this.note(descriptor as unknown as AnyStateDescriptor);
    return this.state.reducing(descriptor);
  }
  aggregating<In, Acc, Out>(descriptor: AggregatingStateDescriptor<In, Acc, Out>): AggregatingState<In, Out> {
    this.note(descriptor as unknown as AnyStateDescriptor);
    return this.state.aggregating(descriptor);
  }
  timers<N>(name: string): TimerQueue<N> {
    if (this.declared.every((each) => each.name !== name))
      this.declared.push({ kind: 'timers', name, descriptor: null });
    return this.state.timers<N>(name);
  }

  private note(descriptor: AnyStateDescriptor): void {
    const { kind, name } = descriptor;
    if (this.declared.every((each) => each.name !== name)) this.declared.push({ kind, name, descriptor });
  }
}

/** Asks another backend for the same state. */
export function declareIn(state: KeyedState, { kind, name, descriptor }: Declaration): void {
  if (descriptor === null) {
    state.timers(name);
    return;
  }
  switch (kind) {
    case 'value':
      state.value(descriptor as StateDescriptor<'value', unknown>);
      return;
    case 'list':
      state.list(descriptor as StateDescriptor<'list', unknown>);
      return;
    case 'map':
      state.map(descriptor as StateDescriptor<'map', unknown, unknown>);
      return;
    case 'reducing':
      state.reducing(descriptor as ReducingStateDescriptor<unknown>);
      return;
    case 'aggregating':
      state.aggregating(descriptor as AggregatingStateDescriptor<unknown, unknown, unknown>);
  }
}
