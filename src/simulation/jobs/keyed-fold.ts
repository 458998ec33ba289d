import type { KeyedCoProcessFunction } from '../../operators/keyed-co-process.js';
import type { KeyedInstance, KeyedProcessContext, KeyedProcessFunction } from '../../operators/keyed-process.js';
import { listState, mapState, valueState } from '../../state/descriptors.js';
import type { ListState, MapState, StateDescriptor, ValueState } from '../../state/keyed-state.js';
import type { KeyedStageSpec } from './job-spec.js';
import { type Fold, firstFold, keyText, nextFold, type SimKey, type SimRecord, withFold } from './sim-record.js';

/** What list and map state keep of a record: enough to fold the key's records anew. */
export interface Seen {
  readonly id: string;
  readonly value: number;
}

export const foldState: StateDescriptor<'value', Fold> = valueState('fold');
export const seenList: StateDescriptor<'list', Seen> = listState('seen');
export const seenMap: StateDescriptor<'map', Seen, number> = mapState('seen-by-count');

/** The same fold with each kind of state; each subtask needs an instance of its own. */
export function keyedFold(
  state: Exclude<KeyedStageSpec['state'], 'reduce'>,
): KeyedProcessFunction<SimKey, SimRecord, SimRecord> {
  switch (state) {
    case 'value':
      return new ValueFold();
    case 'list':
      return new ListFold();
    case 'map':
      return new MapFold();
  }
}

/** The same fold, whichever input a record comes from. */
export function keyedCoFold(
  state: Exclude<KeyedStageSpec['state'], 'reduce'>,
): KeyedCoProcessFunction<SimKey, SimRecord, SimRecord, SimRecord> {
  const fold = keyedFold(state);
  return {
    open: (instance) => fold.open?.(instance),
    processElement1: (record, context) => fold.processElement(record, context),
    processElement2: (record, context) => fold.processElement(record, context),
  };
}

type Context = KeyedProcessContext<SimKey, SimRecord>;

class ValueFold implements KeyedProcessFunction<SimKey, SimRecord, SimRecord> {
  private fold!: ValueState<Fold>;

  open({ state }: KeyedInstance): void {
    this.fold = state(foldState);
  }

  processElement(record: SimRecord, context: Context): void {
    const before = this.fold.value();
    const fold = before === undefined ? firstFold(keyText(context.currentKey), record) : nextFold(before, record);
    this.fold.update(fold);
    context.emit(withFold(record, fold));
  }
}

class ListFold implements KeyedProcessFunction<SimKey, SimRecord, SimRecord> {
  private seen!: ListState<Seen>;

  open({ state }: KeyedInstance): void {
    this.seen = state(seenList);
  }

  processElement(record: SimRecord, context: Context): void {
    this.seen.add({ id: record.id, value: record.value });
    context.emit(withFold(record, foldOf(keyText(context.currentKey), this.seen.get())));
  }
}

class MapFold implements KeyedProcessFunction<SimKey, SimRecord, SimRecord> {
  private seen!: MapState<number, Seen>;

  open({ state }: KeyedInstance): void {
    this.seen = state(seenMap);
  }

  processElement(record: SimRecord, context: Context): void {
    const seen = inOrder(this.seen);
    const next: Seen = { id: record.id, value: record.value };
    this.seen.put(seen.length + 1, next);
    context.emit(withFold(record, foldOf(keyText(context.currentKey), [...seen, next])));
  }
}

/** Of a map whose keys are the places 1 to n. */
export const inOrder = (seen: MapState<number, Seen>): readonly Seen[] =>
  [...seen.entries()].sort(([a], [b]) => a - b).map(([, each]) => each);

/** The fold of all records of a key; there is at least one. */
function foldOf(key: string, seen: readonly Seen[]): Fold {
  const [first, ...rest] = seen.map(asRecord);
  return rest.reduce(nextFold, firstFold(key, first as SimRecord));
}

const asRecord = ({ id, value }: Seen): SimRecord => ({ id, value, source: 0, split: 0, number: 0, folds: [] });
