import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BasicOperator,
  type Lifecycle,
  type Operator,
  type OperatorContext,
  type RestoredOperatorState,
  type Settle,
} from '../../src/operators/operator.js';
import type { ChainPart } from '../../src/task/chain/chain-part.js';
import { type Chain, compileChain } from '../../src/task/chain/compile-chain.js';
import { Gauge } from '../../src/task/gauge.js';

const seed = 20_261_133;

type StageSpec = readonly ['map' | 'filter' | 'array' | 'generator' | 'running' | 'pairs' | 'slow', number];

const stage: fc.Arbitrary<StageSpec> = fc.tuple(
  fc.constantFrom('map', 'filter', 'array', 'array', 'generator', 'generator', 'running', 'pairs', 'pairs', 'slow'),
  fc.integer({ min: 1, max: 3 }),
);

/** Adds up what it has seen; its sum is its state. */
class Running extends BasicOperator<number, number> {
  protected sum = 0;

  override open(context: OperatorContext<number>, { items }: RestoredOperatorState, _settle: Settle): Lifecycle {
    this.context = context;
    for (const item of items) this.sum += item as number;
    return 'done';
  }
  process(value: number, timestamp: number): void {
    this.sum += value;
    this.context.output.emit(this.sum, timestamp);
  }
  override snapshot(): readonly unknown[] {
    return [this.sum];
  }
}

/** Emits two records at a time; at the end what is left. */
class Pairs extends BasicOperator<number, number> {
  private held: number[] = [];

  override open(context: OperatorContext<number>, { items }: RestoredOperatorState, _settle: Settle): Lifecycle {
    this.context = context;
    this.held = [...items] as number[];
    return 'done';
  }
  process(value: number, timestamp: number): void {
    this.held.push(value);
    if (this.held.length === 2) this.release(timestamp);
  }
  override snapshot(): readonly unknown[] {
    return [...this.held];
  }
  override finish(): Lifecycle {
    this.release(0);
    return 'done';
  }
  private release(timestamp: number): void {
    for (const value of this.held) this.context.output.emit(value, timestamp);
    this.held = [];
  }
}

/** Says no every other time. */
class Slow extends Running {
  private asked = 0;

  override ready(): boolean {
    this.asked += 1;
    return this.asked % 2 === 0;
  }
}

const copies = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => value * 10 + index);

function partOf([kind, n]: StageSpec, at: number): ChainPart {
  const culprit = { uid: `${kind}${at}`, name: kind };
  const operator = (created: Operator<never, never>): ChainPart => ({
    kind: 'operator',
    culprit,
    operator: created as Operator,
    keyed: null,
    second: null,
    held: false,
  });
  switch (kind) {
    case 'map':
      return { kind, culprit, fn: (value: number) => value + n };
    case 'filter':
      return { kind, culprit, fn: (value: number) => value % (n + 1) !== 0 };
    case 'array':
      return { kind: 'flatMap', culprit, fn: (value: number) => copies(value, n) };
    case 'generator':
      return {
        kind: 'flatMap',
        culprit,
        fn: function* (value: number) {
          yield* copies(value, n);
        },
      };
    case 'running':
      return operator(new Running() as Operator<never, never>);
    case 'pairs':
      return operator(new Pairs() as Operator<never, never>);
    case 'slow':
      return operator(new Slow() as Operator<never, never>);
  }
}

/** The same stages, each over everything at once, as anyone would write them. */
function naive(stages: readonly StageSpec[], values: readonly number[]): readonly number[] {
  return stages.reduce<readonly number[]>((input, [kind, n]) => {
    switch (kind) {
      case 'map':
        return input.map((value) => value + n);
      case 'filter':
        return input.filter((value) => value % (n + 1) !== 0);
      case 'array':
      case 'generator':
        return input.flatMap((value) => copies(value, n));
      case 'running':
      case 'slow': {
        let sum = 0;
        return input.map((value) => {
          sum += value;
          return sum;
        });
      }
      default:
        return input;
    }
  }, values);
}

/** A chain whose output takes `room` records and then blocks. */
class Adversary {
  readonly out: number[] = [];
  gauge = new Gauge();
  chain: Chain;
  private parts: readonly ChainPart[];
  private left: number;

  constructor(
    private readonly stages: readonly StageSpec[],
    private readonly room: number,
  ) {
    this.left = room;
    this.parts = stages.map(partOf);
    this.chain = this.open([]);
  }

  run(values: readonly number[]): void {
    for (let at = 0; at < values.length; ) {
      this.untilSettled();
      at = this.chain.batch(values, values, at, values.length);
    }
    this.untilSettled();
  }

  /** Everything is forgotten but what snapshots hold. */
  restore(): void {
    const items = this.parts.map((part) =>
      part.kind === 'operator' ? part.operator.snapshot({ epoch: 1, n: 1 }) : [],
    );
    this.parts = this.stages.map(partOf);
    this.gauge = new Gauge();
    this.left = this.room;
    this.chain = this.open(items);
  }

  finish(): void {
    for (const part of this.parts) {
      if (part.kind === 'operator') part.operator.finish(() => undefined);
      this.untilSettled();
    }
  }

  private open(items: readonly (readonly unknown[])[]): Chain {
    const end = {
      records: {
        emit: (value: unknown) => {
          this.out.push(value as number);
          this.left -= 1;
          if (this.left === 0) this.gauge.channelBlocked(true);
        },
      },
      watermark: () => undefined,
      idle: () => undefined,
      sidesOf: () => null,
    };
    const chain = compileChain(this.parts, end, this.gauge, true);
    for (const [index, part] of this.parts.entries()) {
      if (part.kind !== 'operator') continue;
      const context = { output: chain.outputOf(index) } as OperatorContext<unknown>;
      part.operator.open(context, { from: null, items: items[index] ?? [] }, () => undefined);
    }
    return chain;
  }

  private untilSettled(): void {
    for (;;) {
      if (this.left <= 0) this.gauge.channelBlocked(false);
      if (this.left <= 0) this.left = this.room;
      if ((!this.gauge.paused || this.chain.resume()) && this.chain.ready() && !this.gauge.blocked) return;
    }
  }
}

describe(`chains (seed ${seed})`, () => {
  it('give what plain loops give, with the output blocked all the time and everything restored at any record', () => {
    const batches = fc.array(fc.tuple(fc.array(fc.nat(99), { maxLength: 6 }), fc.boolean()), {
      maxLength: 12,
      size: 'max',
    });
    fc.assert(
      fc.property(fc.array(stage, { maxLength: 6 }), batches, fc.integer({ min: 1, max: 4 }), (stages, input, room) => {
        const adversary = new Adversary(stages, room);
        for (const [values, restores] of input) {
          adversary.run(values);
          if (restores) adversary.restore();
        }
        adversary.finish();
        expect(adversary.out).toEqual(
          naive(
            stages,
            input.flatMap(([values]) => values),
          ),
        );
      }),
      { seed, numRuns: 1_500 },
    );
  });
});
