import type { Operator, OperatorContext, Output, RestoredOperatorState } from '../../../src/operators/operator.js';
import { createHeapState } from '../../../src/state/heap/heap-state.js';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';

export const fresh: RestoredOperatorState = { from: null, items: [] };

/** What an operator put out, as [value, timestamp] and 'watermark n'. */
export class Collected implements Output<unknown> {
  readonly all: unknown[] = [];

  emit(value: unknown, timestamp: number): void {
    this.all.push([value, timestamp]);
  }
  watermark(timestamp: number): void {
    this.all.push(`watermark ${timestamp}`);
  }
  blocked(): boolean {
    return false;
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
  readonly context: OperatorContext<never>;
  readonly output: Collected;
}

export function operatorRun(keyed: KeyedStateBackend | null): OperatorRun {
  const output = new Collected();
  const context: OperatorContext<never> = {
    job: 'shop',
    uid: 'orders',
    subtaskIndex: 1,
    parallelism: 2,
    run: 1,
    keyed,
    output,
    clock: unused(),
    files: unused(),
    offload: unused(),
    client: unused(),
    wake: () => undefined,
    hold: () => undefined,
    fail: (failure) => {
      throw new Error(failure.message);
    },
  };
  return { context, output };
}

/** Opens the operator, which must be done at once. */
export function opened(operator: Operator, keyed: KeyedStateBackend | null): OperatorRun {
  const run = operatorRun(keyed);
  const settle = (): never => {
    throw new Error('settled what was not pending');
  };
  if (operator.open(run.context, fresh, settle) !== 'done') throw new Error('the operator is not open yet');
  return run;
}

export function heapState(): KeyedStateBackend {
  return createHeapState({ operator: 'orders', maxParallelism: 4, range: { first: 0, last: 3 }, development: true });
}

/** Moves all keyed state into a new backend, as a recovery from a checkpoint does. */
export function restoredFrom(state: KeyedStateBackend): KeyedStateBackend {
  const restored = heapState();
  for (const group of state.snapshot({ epoch: 9, n: 9 }, null).changed) restored.load(group, state.serializers());
  return restored;
}
