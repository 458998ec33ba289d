import type { Failure } from '../../../actors/protocol/failure.js';
import type { Operator, OperatorContext, Output, RestoredOperatorState } from '../../../src/operators/operator.js';
import { UserMetrics } from '../../../src/operators/user-metrics.js';
import type { Clock } from '../../../src/ports/clock.js';
import type { Offload } from '../../../src/ports/offload.js';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';
import { createTestedState } from '../state/tested-state.js';
import { imageOf, written } from '../state/written.js';

export const fresh: RestoredOperatorState = { from: null, items: [] };

/** What an operator put out, as [value, timestamp] and 'watermark n'. */
export class Collected implements Output<unknown> {
  readonly all: unknown[] = [];
  isBlocked = false;
  /** So many more records, and it is blocked. */
  takes = Number.POSITIVE_INFINITY;

  emit(value: unknown, timestamp: number): void {
    this.all.push([value, timestamp]);
    this.takes -= 1;
    if (this.takes <= 0) this.isBlocked = true;
  }
  side(tag: string, value: unknown, timestamp: number): void {
    this.all.push([tag, value, timestamp]);
  }
  watermark(timestamp: number): void {
    this.all.push(`watermark ${timestamp}`);
  }
  idle(isIdle: boolean): void {
    this.all.push(isIdle ? 'idle' : 'active');
  }
  blocked(): boolean {
    return this.isBlocked;
  }
}

/** A port that the operators of these specs have no business with. */
function unused<T extends object>(): T {
  const refuse = (_target: object, name: string | symbol): never => {
    throw new Error(`an operator used ${String(name)} of a port`);
  };
  return new Proxy<T>(Object.create(null) as T, { get: refuse });
}

export interface OperatorRun {
  context: OperatorContext<never>;
  readonly output: Collected;
  /** Whether the operator has asked to be resumed. */
  held: boolean;
}

export interface RunSetting {
  readonly clock?: Clock;
  readonly offload?: Offload;
  /** Gets what the operator fails with; without it that is thrown. */
  readonly fail?: (failure: Failure) => void;
  readonly restored?: RestoredOperatorState;
}

export function operatorRun(
  keyed: KeyedStateBackend | null,
  { clock = unused(), offload = unused(), fail = throwFailure }: RunSetting = {},
): OperatorRun {
  const output = new Collected();
  const run: OperatorRun = { context: null as never, output, held: false };
  run.context = {
    job: 'shop',
    uid: 'orders',
    subtaskIndex: 1,
    parallelism: 2,
    run: 1,
    keyed,
    metrics: new UserMetrics().of('orders'),
    output,
    clock,
    files: unused(),
    offload,
    client: unused(),
    wake: () => undefined,
    hold: () => {
      run.held = true;
    },
    fail,
  };
  return run;
}

function throwFailure({ message }: Failure): never {
  throw new Error(message);
}

/** Opens the operator, which must be done at once. */
export function opened(operator: Operator, keyed: KeyedStateBackend | null, setting: RunSetting = {}): OperatorRun {
  const run = operatorRun(keyed, setting);
  const settle = (): never => {
    throw new Error('settled what was not pending');
  };
  if (operator.open(run.context, setting.restored ?? fresh, settle) !== 'done')
    throw new Error('the operator is not open yet');
  return run;
}

export function heapState(): KeyedStateBackend {
  return createTestedState({ operator: 'orders', maxParallelism: 4, range: { first: 0, last: 3 }, development: true });
}

/** Moves all keyed state into a new backend, as a recovery from a checkpoint does. */
export function restoredFrom(state: KeyedStateBackend): KeyedStateBackend {
  const restored = heapState();
  for (const group of written(state.snapshot({ epoch: 9, n: 9 }, null)).changed)
    restored.load(imageOf(group), state.serializers());
  return restored;
}
