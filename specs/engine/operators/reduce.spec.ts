import { describe, expect, it } from 'vitest';
import { ReduceOperator } from '../../../src/operators/reduce.js';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';
import { heapState, opened, restoredFrom } from './operator-run.js';

interface Order {
  readonly customer: string;
  readonly total: number;
}

const sum = () =>
  new ReduceOperator<Order>((reduced, order) => ({ customer: order.customer, total: reduced.total + order.total }));

function send(
  operator: ReduceOperator<Order>,
  keyed: KeyedStateBackend,
  customer: string,
  total: number,
  at: number,
): void {
  keyed.setCurrentKey(customer);
  operator.process({ customer, total }, at);
}

describe('reduce', () => {
  it('emits a running result for each record, per key, with the timestamp of the record', () => {
    const keyed = heapState();
    const operator = sum();
    const { output } = opened(operator, keyed);
    send(operator, keyed, 'a', 1, 10);
    send(operator, keyed, 'b', 5, 11);
    send(operator, keyed, 'a', 2, 5);
    operator.watermark(4);
    expect(output.all).toEqual([
      [{ customer: 'a', total: 1 }, 10],
      [{ customer: 'b', total: 5 }, 11],
      [{ customer: 'a', total: 3 }, 5],
      'watermark 4',
    ]);
  });

  it('goes on from a checkpoint as if nothing had happened', () => {
    const before = heapState();
    const first = sum();
    opened(first, before);
    send(first, before, 'a', 1, 1);
    const after = restoredFrom(before);
    const second = sum();
    const { output } = opened(second, after);
    send(second, after, 'a', 2, 2);
    expect(output.all).toEqual([[{ customer: 'a', total: 3 }, 2]]);
  });

  it('a reducer that changes what it was given is caught in development', () => {
    const keyed = heapState();
    const operator = new ReduceOperator<{ total: number }>((reduced, order) =>
      Object.assign(reduced as { total: number }, { total: reduced.total + order.total }),
    );
    opened(operator, keyed);
    keyed.setCurrentKey('a');
    operator.process({ total: 1 }, 1);
    expect(() => operator.process({ total: 1 }, 1)).toThrow(TypeError);
  });

  it('a result that cannot be stored is refused and not emitted', () => {
    const keyed = heapState();
    const operator = new ReduceOperator<unknown>(() => undefined);
    const { output } = opened(operator, keyed);
    keyed.setCurrentKey('a');
    operator.process(1, 1);
    expect(() => operator.process(1, 2)).toThrow(expect.objectContaining({ code: 'STATE_UNSUPPORTED' }));
    expect(output.all).toEqual([[1, 1]]);
  });

  it('needs keyed input', () => {
    expect(() => opened(sum(), null)).toThrow(
      expect.objectContaining({
        code: 'INPUT_NOT_KEYED',
        message: "operator 'orders' needs keyed input; put keyBy before it",
      }),
    );
  });
});
