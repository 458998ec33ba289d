import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { BroadcastContext, ReadOnlyBroadcastContext } from './broadcast-process.js';
import { type BroadcastDescriptor, BroadcastStates } from './broadcast-state.js';
import type { ProcessContext } from './function-operator.js';
import {
  type KeyedContextParts,
  KeyedFunctionOperator,
  type KeyedInstance,
  type KeyedProcessContext,
  KeyedRecordContext,
  type OnTimerContext,
} from './keyed-process.js';
import type { Lifecycle, OperatorContext, RestoredOperatorState, Settle, TwoInputOperator } from './operator.js';
import { isItemOf } from './operator-state.js';

/** As KeyedProcessContext, with broadcast state to read. */
export interface KeyedBroadcastContext<K, Out> extends KeyedProcessContext<K, Out>, ReadOnlyBroadcastContext<Out> {}

/** As OnTimerContext, with broadcast state to read. */
export interface OnBroadcastTimerContext<K, Out> extends OnTimerContext<K, Out>, ReadOnlyBroadcastContext<Out> {}

/**
 * As BroadcastProcessFunction, beside a keyed stream, whose records have state and timers of their key. Records of the broadcast side have no key: they
 * reach broadcast state only.
 */
export interface KeyedBroadcastProcessFunction<K, In, Broadcast, Out> {
  /** Once, before the first record. There is no current key yet: state can be asked for, and not be used. */
  open?(instance: KeyedInstance): void;
  processElement(value: In, context: KeyedBroadcastContext<K, Out>): void;
  /** The only place where broadcast state is written: every subtask must write the same. */
  processBroadcastElement(value: Broadcast, context: BroadcastContext<Out>): void;
  /** A timer is due: never while a record is processed, and with the key it was set for. */
  onTimer?(timestamp: number, context: OnBroadcastTimerContext<K, Out>): void;
  /** Both inputs, being bounded, have ended: the last chance to emit. There is no current key any more. */
  finish?(context: ProcessContext<Out>): void;
  /** The last call, also after a failure, and when `open` failed. */
  close?(): void;
}

/** Runs a KeyedBroadcastProcessFunction. The second input is the broadcast one, and has no keys. */
export class KeyedBroadcastProcessOperator<K, In, Broadcast, Out>
  extends KeyedFunctionOperator<In, Out, KeyedBroadcastRecordContext<K, Out>>
  implements TwoInputOperator<In, Broadcast, Out>
{
  override readonly copiesState = true;
  private states!: BroadcastStates;

  constructor(
    private readonly broadcastFunction: KeyedBroadcastProcessFunction<K, In, Broadcast, Out>,
    private readonly descriptors: readonly BroadcastDescriptor[],
  ) {
    super(broadcastFunction);
  }

  override open(context: OperatorContext<Out>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    this.states = new BroadcastStates(context.uid, this.descriptors, restored.items);
    return super.open(context, restored, settle);
  }

  protected contextFor(parts: KeyedContextParts<Out>): KeyedBroadcastRecordContext<K, Out> {
    return new KeyedBroadcastRecordContext(parts, this.states);
  }

  processSecond(value: Broadcast, timestamp: number): void {
    this.record.timestamp = timestamp;
    this.states.written(() => this.broadcastFunction.processBroadcastElement(value, this.record));
  }

  takesItem(item: unknown): boolean {
    return isItemOf('broadcast', item);
  }

  override snapshot(_checkpoint: CheckpointId): readonly unknown[] {
    return this.states.snapshot();
  }
}

class KeyedBroadcastRecordContext<out K, Out>
  extends KeyedRecordContext<K, Out>
  implements OnBroadcastTimerContext<K, Out>
{
  readonly broadcastState: BroadcastContext<Out>['broadcastState'];

  constructor(parts: KeyedContextParts<Out>, { state }: BroadcastStates) {
    super(parts);
    this.broadcastState = state;
  }
}
