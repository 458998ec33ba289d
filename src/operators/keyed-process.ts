import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { OperatorStateKind } from '../../actors/protocol/manifest.js';
import type { KeyedState } from '../state/keyed-state.js';
import { StateFailure } from '../state/state-failure.js';
import { attemptedAt } from './attempted.js';
import { FunctionOperator, type Instance, type ProcessContext, RecordContext } from './function-operator.js';
import { keyedStateOf, type StateAccess, stateAccessOf } from './keyed-input.js';
import type { Lifecycle, OperatorContext, RestoredOperatorState, Settle } from './operator.js';
import { OperatorLists, type WithOperatorState } from './operator-lists.js';
import { isItemOf } from './operator-state.js';
import { TimerService } from './timer-service.js';

/** As ProcessContext, with the key of the record and its state. It is one object that changes: do not keep it. */
export interface KeyedProcessContext<K, Out> extends ProcessContext<Out>, StateAccess {
  readonly currentKey: K;
  readonly timers: Timers;
}

/** Timers of the current key: one for each time. */
export interface Timers {
  /** Wall-clock time in milliseconds since 1970. */
  currentProcessingTime(): number;
  /** Fires with the first watermark at or after `time`: with the next one, if the present one is that far already. */
  setEventTime(time: number): void;
  /** Fires when the wall clock has passed `time`; at once, if it has. */
  setProcessingTime(time: number): void;
  /** Takes a timer back; one that is not set is no mistake. */
  deleteEventTime(time: number): void;
  deleteProcessingTime(time: number): void;
}

/** As KeyedProcessContext, for a timer: `timestamp` is the time it was set for. */
export interface OnTimerContext<K, Out> extends KeyedProcessContext<K, Out> {
  readonly timeDomain: 'eventTime' | 'processingTime';
}

/** Which parallel instance this is, and its keyed state. */
export interface KeyedInstance extends Instance, StateAccess {}

/**
 * The job's own code for one operator on a keyed stream. Each subtask needs an instance of its own, because an instance
 * keeps the state handles that it got in `open`. What it emits must follow from its input and its state: it runs again
 * after a recovery, and its fields are not part of a checkpoint.
 *
 * @example
 * class CountOrders implements KeyedProcessFunction<string, Order, Count> {
 *   private count!: ValueState<number>;
 *   open({ state }: KeyedInstance) {
 *     this.count = state(valueState<number>('count'));
 *   }
 *   processElement(_order: Order, context: KeyedProcessContext<string, Count>) {
 *     const count = (this.count.value() ?? 0) + 1;
 *     this.count.update(count);
 *     context.emit({ customer: context.currentKey, count });
 *   }
 * }
 */
export interface KeyedProcessFunction<K, In, Out> extends WithOperatorState {
  /** Once, before the first record. There is no current key yet: state can be asked for, and not be used. */
  open?(instance: KeyedInstance): void;
  processElement(value: In, context: KeyedProcessContext<K, Out>): void;
  /** A timer is due: never while a record is processed, and with the key it was set for. What it emits has its time unless another is given. */
  onTimer?(timestamp: number, context: OnTimerContext<K, Out>): void;
  /** A bounded input has ended: the last chance to emit. There is no current key any more. */
  finish?(context: ProcessContext<Out>): void;
  /** The last call, also after a failure, and when `open` failed. */
  close?(): void;
}

/** What functions with keys have in common. */
interface KeyedFunction<In, Out, Context> {
  open?(instance: KeyedInstance): void;
  processElement(value: In, context: Context): void;
  onTimer?(timestamp: number, context: Context): void;
  finish?(context: ProcessContext<Out>): void;
  close?(): void;
}

/** Runs a function with keys. The engine sets the current key before each record, and the timer service before each timer. */
export abstract class KeyedFunctionOperator<
  In,
  Out,
  Context extends KeyedRecordContext<unknown, Out>,
> extends FunctionOperator<In, Out, Context> {
  private readonly processFunction: KeyedFunction<In, Out, Context>;
  private timers: TimerService<null> | null = null;

  constructor(processFunction: KeyedFunction<In, Out, Context>) {
    super(processFunction);
    this.processFunction = processFunction;
  }

  /** The context that the function meets. */
  protected abstract contextFor(parts: KeyedContextParts<Out>): Context;

  protected openFunction(context: OperatorContext<Out>, instance: Instance): Context {
    const keyed = keyedStateOf(context);
    const { state } = stateAccessOf(keyed);
    const { processFunction } = this;
    if (processFunction.onTimer !== undefined) {
      this.timers = new TimerService<null>(context, 'process', {
        onEventTime: ({ time }) => fires(time, 'eventTime'),
        onProcessingTime: ({ time }) => fires(time, 'processingTime'),
      });
    }
    const fires = (time: number, domain: 'eventTime' | 'processingTime'): void =>
      attemptedAt(context, time, () => processFunction.onTimer?.(time, record.at(time, domain)));
    const record = this.contextFor({ context, keyed, state, timers: this.timers });
    processFunction.open?.({ ...instance, state });
    this.timers?.setAlarm();
    return record;
  }

  override watermark(timestamp: number): void {
    const { timers } = this;
    if (timers === null) return super.watermark(timestamp);
    this.record.watermark = timestamp;
    timers.advance(timestamp);
  }

  override resume(): boolean {
    return this.timers?.resume() ?? true;
  }

  override finish(settle: Settle): Lifecycle {
    // A state handle would otherwise silently speak of whichever key came last.
    keyedStateOf(this.context).clearCurrentKey();
    return super.finish(settle);
  }

  override close(): void {
    this.timers?.close();
    super.close();
  }
}

/** Runs a KeyedProcessFunction. */
export class KeyedProcessOperator<K, In, Out> extends KeyedFunctionOperator<In, Out, KeyedRecordContext<K, Out>> {
  private lists: OperatorLists | null = null;

  constructor(private readonly keyedFunction: KeyedProcessFunction<K, In, Out>) {
    super(keyedFunction);
  }

  get operatorStateKind(): OperatorStateKind {
    return this.lists?.kind ?? 'operatorSplit';
  }

  override open(context: OperatorContext<Out>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    this.lists = new OperatorLists(context, restored);
    this.keyedFunction.initializeState?.(this.lists);
    return super.open(context, restored, settle);
  }

  takesItem(item: unknown): boolean {
    return isItemOf('lists', item);
  }

  override snapshot(_checkpoint: CheckpointId): readonly unknown[] {
    this.keyedFunction.snapshotState?.();
    return this.lists?.snapshot() ?? [];
  }

  protected contextFor(parts: KeyedContextParts<Out>): KeyedRecordContext<K, Out> {
    return new KeyedRecordContext(parts);
  }
}

/** What the context of a function with keys is made of. */
export interface KeyedContextParts<Out> {
  readonly context: OperatorContext<Out>;
  readonly keyed: KeyedState;
  readonly state: StateAccess['state'];
  /** Null for a function without onTimer. */
  readonly timers: TimerService<null> | null;
}

/** The context of one subtask: moved from record to record and from timer to timer. */
export class KeyedRecordContext<out K, Out> extends RecordContext<Out> implements OnTimerContext<K, Out> {
  readonly state: StateAccess['state'];
  readonly timers: Timers;
  timeDomain: OnTimerContext<K, Out>['timeDomain'] = 'eventTime';
  private readonly keyed: KeyedState;

  constructor({ context, keyed, state, timers }: KeyedContextParts<Out>) {
    super(context);
    this.keyed = keyed;
    this.state = state;
    this.timers = timers === null ? withoutOnTimer(context) : timersOf(timers);
  }

  get currentKey(): K {
    return this.keyed.currentKey() as K;
  }

  /** This context as a timer meets it. */
  at(time: number, timeDomain: OnTimerContext<K, Out>['timeDomain']): this {
    this.timestamp = time;
    this.timeDomain = timeDomain;
    return this;
  }
}

function timersOf(timers: TimerService<null>): Timers {
  return {
    currentProcessingTime: () => timers.currentProcessingTime(),
    setEventTime: (time) => timers.eventTime.set(time, null),
    setProcessingTime: (time) => timers.setProcessingTime(time, null),
    deleteEventTime: (time) => timers.eventTime.remove(time, null),
    deleteProcessingTime: (time) => timers.processingTime.remove(time, null),
  };
}

/** A timer that nothing answers to is a mistake, and says so when it is set. */
function withoutOnTimer({ uid, clock }: OperatorContext<never>): Timers {
  const refuse = (): never => {
    const message = `operator '${uid}' uses timers, and its function has no onTimer; give it one`;
    throw new StateFailure('TIMER_WITHOUT_FUNCTION', 'user', message);
  };
  return {
    currentProcessingTime: () => clock.wallMs(),
    setEventTime: refuse,
    setProcessingTime: refuse,
    deleteEventTime: refuse,
    deleteProcessingTime: refuse,
  };
}
