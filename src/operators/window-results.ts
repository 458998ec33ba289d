import { mapState } from '../state/descriptors.js';
import type { KeyedState, StateDescriptor, ValueState } from '../state/keyed-state.js';
import { StateFailure } from '../state/state-failure.js';
import type { Window, WindowNamespace } from '../window/window.js';
import { instanceOf } from './function-operator.js';
import { type StateAccess, stateAccessOf } from './keyed-input.js';
import type { OperatorContext } from './operator.js';
import type { OutputTag } from './output-tag.js';
import type { ProcessWindowFunction, WindowContext } from './window-functions.js';
import { WindowValues } from './window-values.js';

/** What results need to know of time. */
export interface WindowTimes {
  currentWatermark(): number;
  currentProcessingTime(): number;
}

/** Puts out what windows that fire hold. */
export interface WindowResults<W extends Window> {
  /** For the window that fires, and whose namespace state knows. */
  at(window: W, namespace: WindowNamespace): void;
  /** The result of a fold, or all records. */
  readonly put: (elements: readonly unknown[]) => void;
  /** The window is over: tells the function. */
  over(window: W, namespace: WindowNamespace): void;
  /** Lets go of what the function keeps for it. */
  forget(namespace: WindowNamespace): void;
  close(): void;
}

/** Emits the result of a fold as it is. */
export class PlainResults<W extends Window, Out> implements WindowResults<W> {
  private timestamp = 0;

  constructor(private readonly context: OperatorContext<Out>) {}

  at({ maxTimestamp }: W): void {
    this.timestamp = maxTimestamp;
  }

  readonly put = (elements: readonly unknown[]): void => {
    this.context.output.emit(elements[0] as Out, this.timestamp);
  };

  over(): void {}
  forget(): void {}
  close(): void {}
}

/** Calls a function of the job's own. It is the context that this meets. */
export class ProcessedResults<W extends Window, Out> implements WindowResults<W>, WindowContext<unknown, Out, W> {
  window!: W;
  readonly state: StateAccess['state'];
  private readonly values: WindowValues;

  constructor(
    private readonly context: OperatorContext<Out>,
    private readonly keyed: KeyedState,
    private readonly times: WindowTimes,
    private readonly windowsMerge: boolean,
    private readonly fn: ProcessWindowFunction<unknown, unknown, Out, W>,
  ) {
    this.state = stateAccessOf(keyed).state;
    this.values = new WindowValues(keyed.map(mapState('window/state')));
    fn.open?.({ ...instanceOf(context), state: this.state });
  }

  get currentKey(): unknown {
    return this.keyed.currentKey();
  }

  get watermark(): number {
    return this.times.currentWatermark();
  }

  // Fields, so that a function may take them out of its context.

  readonly currentProcessingTime = (): number => this.times.currentProcessingTime();

  readonly emit = (value: Out, timestamp: number = this.window.maxTimestamp): void => {
    this.context.output.emit(value, timestamp);
  };

  readonly output = <T>(tag: OutputTag<T>, value: NoInfer<T>, timestamp: number = this.window.maxTimestamp): void => {
    this.context.output.side(tag.name, value, timestamp);
  };

  readonly windowState = <T>({ name, serializer }: StateDescriptor<'value', T>): ValueState<T> => {
    if (serializer !== undefined) {
      const what = `state '${name}' of a window has a serializer, and values of windows are plain data`;
      throw new StateFailure(
        'WINDOW_STATE_SERIALIZER',
        'user',
        `operator '${this.context.uid}': ${what}; use state of the key`,
      );
    }
    if (!this.windowsMerge) return this.values.of(name) as ValueState<T>;
    throw new StateFailure(
      'WINDOW_STATE_MERGING',
      'user',
      `operator '${this.context.uid}' uses state '${name}' of a window, and its windows merge; use state of the key`,
    );
  };

  at(window: W, namespace: WindowNamespace): void {
    this.window = window;
    this.values.namespace = namespace;
  }

  readonly put = (elements: readonly unknown[]): void => {
    this.fn.process(elements, this);
  };

  over(window: W, namespace: WindowNamespace): void {
    this.at(window, namespace);
    this.fn.clear?.(this);
  }

  forget(namespace: WindowNamespace): void {
    this.values.clear(namespace);
  }

  close(): void {
    this.fn.close?.();
  }
}
