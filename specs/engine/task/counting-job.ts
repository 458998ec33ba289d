import { BasicOperator, type Operator } from '../../../src/operators/operator.js';
import { valueState } from '../../../src/state/descriptors.js';
import type { ValueState } from '../../../src/state/keyed-state.js';
import { map, type Outside, operator, RangeSource, type TestJob, testJob, transactionalSink } from './test-jobs.js';

/** How many records each key has had. */
export class CountByKey extends BasicOperator<number, string> {
  private count!: ValueState<number>;

  constructor(private readonly keyOf: (value: number) => number = lastDigit) {
    super();
  }

  override open(...args: Parameters<BasicOperator<number, string>['open']>) {
    const answer = super.open(...args);
    this.count = this.context.keyed?.value(valueState<number>('count')) as ValueState<number>;
    return answer;
  }

  process(value: number, timestamp: number): void {
    const count = (this.count.value() ?? 0) + 1;
    this.count.update(count);
    this.context.output.emit(`${this.keyOf(value)}:${count}`, timestamp);
  }
}

export const lastDigit = (value: number): number => value % 10;
const countByKey = operator('count', () => new CountByKey() as Operator<never, never>, lastDigit as never);

export function countingJob(
  outside: Outside,
  parallelism = 1,
  source = new RangeSource(),
  count = countByKey,
): TestJob {
  return testJob(
    [
      { id: 'read', parallelism, source, stages: [map('same', (value: number) => value)] },
      { id: 'count', parallelism, stages: [count, transactionalSink('sink', outside)] },
    ],
    [{ from: 'read', to: 'count', partitioner: 'hash', key: lastDigit as never }],
  );
}
