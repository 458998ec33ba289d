import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { MapState, StateDescriptor } from '../state/keyed-state.js';
import { type BroadcastDescriptor, BroadcastStates, type ReadOnlyMapState } from './broadcast-state.js';
import { FunctionOperator, type Instance, type ProcessContext, RecordContext } from './function-operator.js';
import type { Lifecycle, OperatorContext, RestoredOperatorState, Settle, TwoInputOperator } from './operator.js';
import { isItemOf } from './operator-state.js';

/** What the side that is not broadcast meets. It is one object that changes: do not keep it. */
export interface ReadOnlyBroadcastContext<Out> extends ProcessContext<Out> {
  /** Throws BROADCAST_STATE_UNKNOWN for what `broadcast` was not given; its writes throw BROADCAST_STATE_READ_ONLY. */
  broadcastState<K, T>(descriptor: StateDescriptor<'map', T, K>): ReadOnlyMapState<K, T>;
}

/** What the broadcast side meets. It is one object that changes: do not keep it. */
export interface BroadcastContext<Out> extends ProcessContext<Out> {
  /** Throws BROADCAST_STATE_UNKNOWN for what `broadcast` was not given. */
  broadcastState<K, T>(descriptor: StateDescriptor<'map', T, K>): MapState<K, T>;
}

/**
 * The job's own code for one operator on a stream and a broadcast one. Every subtask gets all records of the broadcast side, each in an order of its
 * own: what is written must come out the same in any order. Each subtask needs an instance of its own.
 */
export interface BroadcastProcessFunction<In, Broadcast, Out> {
  /** Once, before the first record. */
  open?(instance: Instance): void;
  processElement(value: In, context: ReadOnlyBroadcastContext<Out>): void;
  /** The only place where broadcast state is written: every subtask must write the same. */
  processBroadcastElement(value: Broadcast, context: BroadcastContext<Out>): void;
  /** Both inputs, being bounded, have ended: the last chance to emit. */
  finish?(context: ProcessContext<Out>): void;
  /** The last call, also after a failure, and when `open` failed. */
  close?(): void;
}

/** Runs a BroadcastProcessFunction. The second input is the broadcast one. */
export class BroadcastProcessOperator<In, Broadcast, Out>
  extends FunctionOperator<In, Out, BroadcastRecordContext<Out>>
  implements TwoInputOperator<In, Broadcast, Out>
{
  override readonly copiesState = true;
  private states!: BroadcastStates;

  constructor(
    private readonly broadcastFunction: BroadcastProcessFunction<In, Broadcast, Out>,
    private readonly descriptors: readonly BroadcastDescriptor[],
  ) {
    super(broadcastFunction);
  }

  override open(context: OperatorContext<Out>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    this.states = new BroadcastStates(context.uid, this.descriptors, restored.items);
    return super.open(context, restored, settle);
  }

  protected openFunction(context: OperatorContext<Out>, instance: Instance): BroadcastRecordContext<Out> {
    this.broadcastFunction.open?.(instance);
    return new BroadcastRecordContext(context, this.states);
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

class BroadcastRecordContext<Out> extends RecordContext<Out> implements BroadcastContext<Out> {
  readonly broadcastState: BroadcastContext<Out>['broadcastState'];

  constructor(context: OperatorContext<Out>, { state }: BroadcastStates) {
    super(context);
    this.broadcastState = state;
  }
}
