import { BasicOperator, type TwoInputOperator } from './operator.js';

/** Turns each record into one other, by the function of its input. */
export class CoMapOperator<First, Second, Out>
  extends BasicOperator<First, Out>
  implements TwoInputOperator<First, Second, Out>
{
  constructor(
    private readonly ofFirst: (value: First) => Out,
    private readonly ofSecond: (value: Second) => Out,
  ) {
    super();
  }

  process(value: First, timestamp: number): void {
    this.context.output.emit(this.ofFirst(value), timestamp);
  }

  processSecond(value: Second, timestamp: number): void {
    this.context.output.emit(this.ofSecond(value), timestamp);
  }
}
