import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { OperatorStateKind } from '../../actors/protocol/manifest.js';
import { FunctionOperator, type Instance, type ProcessContext, RecordContext } from './function-operator.js';
import type { Lifecycle, OperatorContext, RestoredOperatorState, Settle } from './operator.js';
import { OperatorLists, type WithOperatorState } from './operator-lists.js';
import { isItemOf } from './operator-state.js';

/**
 * The job's own code for one operator. Each subtask needs an instance of its own, because an instance may keep what it
 * got in `open`. What it emits must follow from its input: it runs again after a recovery, and its fields are not part
 * of a checkpoint; what has to be goes into operator state.
 *
 * @example
 * class Count implements ProcessFunction<string, number> {
 *   private count = 0;
 *   private kept!: ListState<number>;
 *   initializeState({ listState }: OperatorStateAccess) {
 *     this.kept = listState<number>('count');
 *     for (const part of this.kept.get()) this.count += part;
 *   }
 *   snapshotState() {
 *     this.kept.update([this.count]);
 *   }
 *   processElement(_value: string, context: ProcessContext<number>) {
 *     this.count += 1;
 *     context.emit(this.count);
 *   }
 * }
 */
export interface ProcessFunction<In, Out> extends WithOperatorState {
  /** Once, before the first record. */
  open?(instance: Instance): void;
  processElement(value: In, context: ProcessContext<Out>): void;
  /** A bounded input has ended: the last chance to emit. */
  finish?(context: ProcessContext<Out>): void;
  /** The last call, also after a failure, and when `open` failed. */
  close?(): void;
}

/** Runs a ProcessFunction on a stream that is not keyed. */
export class ProcessOperator<In, Out> extends FunctionOperator<In, Out, RecordContext<Out>> {
  private readonly processFunction: ProcessFunction<In, Out>;
  private lists: OperatorLists | null = null;

  constructor(processFunction: ProcessFunction<In, Out>) {
    super(processFunction);
    this.processFunction = processFunction;
  }

  get operatorStateKind(): OperatorStateKind {
    return this.lists?.kind ?? 'operatorSplit';
  }

  override open(context: OperatorContext<Out>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    this.lists = new OperatorLists(context, restored);
    this.processFunction.initializeState?.(this.lists);
    return super.open(context, restored, settle);
  }

  takesItem(item: unknown): boolean {
    return isItemOf('lists', item);
  }

  override snapshot(_checkpoint: CheckpointId): readonly unknown[] {
    this.processFunction.snapshotState?.();
    return this.lists?.snapshot() ?? [];
  }

  protected openFunction(context: OperatorContext<Out>, instance: Instance): RecordContext<Out> {
    this.processFunction.open?.(instance);
    return new RecordContext(context);
  }
}
