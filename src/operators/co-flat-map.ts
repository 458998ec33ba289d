import { BasicOperator, type TwoInputOperator } from './operator.js';

/** Turns each record into any number of others, by the function of its input; what these return is pulled as receivers have room. */
export class CoFlatMapOperator<First, Second, Out>
  extends BasicOperator<First, Out>
  implements TwoInputOperator<First, Second, Out>
{
  /** What is left to pull of the newest record. */
  private rest: { readonly iterator: Iterator<Out>; readonly timestamp: number } | null = null;

  constructor(
    private readonly ofFirst: (value: First) => Iterable<Out>,
    private readonly ofSecond: (value: Second) => Iterable<Out>,
  ) {
    super();
  }

  process(value: First, timestamp: number): void {
    this.put(this.ofFirst(value), timestamp);
  }

  processSecond(value: Second, timestamp: number): void {
    this.put(this.ofSecond(value), timestamp);
  }

  override resume(): boolean {
    const { rest } = this;
    if (rest === null) return true;
    const { output } = this.context;
    while (!output.blocked()) {
      const next = rest.iterator.next();
      if (next.done === true) {
        this.rest = null;
        return true;
      }
      output.emit(next.value, rest.timestamp);
    }
    return false;
  }

  override close(): void {
    this.rest?.iterator.return?.();
  }

  private put(results: Iterable<Out>, timestamp: number): void {
    this.rest = { iterator: results[Symbol.iterator](), timestamp };
    if (!this.resume()) this.context.hold();
  }
}
