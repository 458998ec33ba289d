import { describe, expect, it } from 'vitest';
import { BasicOperator, noTimestamp, type Operator } from '../../../src/operators/operator.js';
import { createHeapState } from '../../../src/state/heap/heap-state.js';
import type { ChainPart } from '../../../src/task/chain/chain-part.js';
import { type Chain, compileChain } from '../../../src/task/chain/compile-chain.js';
import { Gauge } from '../../../src/task/gauge.js';
import { TaskFailure } from '../../../src/task/task-failure.js';

const map = (name: string, fn: (value: never) => unknown): ChainPart => part('map', name, fn);
const filter = (name: string, fn: (value: never) => boolean): ChainPart => part('filter', name, fn);
const flatMap = (name: string, fn: (value: never) => Iterable<unknown>): ChainPart => part('flatMap', name, fn);

function part(kind: 'map' | 'filter' | 'flatMap', name: string, fn: (value: never) => unknown): ChainPart {
  return { kind, culprit: { uid: `${name}-uid`, name }, fn };
}

function operator(name: string, created: Operator<never, never>, keyed: 'keyed' | null = null): ChainPart {
  const range = { first: 0, last: 15 };
  const state = createHeapState({ operator: name, maxParallelism: 16, range, development: true });
  const select = (value: number): unknown => value % 2;
  return {
    kind: 'operator',
    culprit: { uid: `${name}-uid`, name },
    operator: created as Operator,
    keyed: keyed === null ? null : { state, select, watermark: Number.NEGATIVE_INFINITY },
    second: null,
    held: false,
  };
}

/** A chain whose output is written down; `blockAfter` records it blocks, until somebody makes room. */
class Compiled {
  readonly gauge = new Gauge();
  readonly out: unknown[] = [];
  readonly chain: Chain;
  room = Number.POSITIVE_INFINITY;

  constructor(parts: readonly ChainPart[], development = false) {
    const end = {
      records: {
        emit: (value: unknown) => {
          this.out.push(value);
          this.room -= 1;
          if (this.room === 0) this.gauge.channelBlocked(true);
        },
      },
      watermark: (timestamp: number) => {
        this.out.push(`watermark ${timestamp}`);
      },
      idle: () => undefined,
      sidesOf: () => null,
    };
    this.chain = compileChain(parts, end, this.gauge, development);
    for (const [index, { kind, ...rest }] of parts.entries()) {
      if (kind !== 'operator' || !('operator' in rest)) continue;
      const context = { output: this.chain.outputOf(index), keyed: rest.keyed?.state ?? null };
      rest.operator.open(context as never, { from: null, items: [] }, () => undefined);
    }
  }

  run(...values: readonly unknown[]): number {
    return this.chain.batch(
      values,
      values.map(() => noTimestamp),
      0,
      values.length,
    );
  }

  makeRoom(count: number): void {
    if (this.room <= 0) this.gauge.channelBlocked(false);
    this.room = count;
  }
}

class Twice extends BasicOperator<number, number> {
  process(value: number, timestamp: number): void {
    this.context.output.emit(value, timestamp);
    this.context.output.emit(value, timestamp);
  }
}

class Passes extends BasicOperator<number, number> {
  process(value: number, timestamp: number): void {
    this.context.output.emit(value, timestamp);
  }
}

describe('chain: order and shape', () => {
  it('is a plain passage without stages', () => {
    const compiled = new Compiled([]);
    expect(compiled.run(1, 2)).toBe(2);
    compiled.chain.watermark(9);
    expect(compiled.out).toEqual([1, 2, 'watermark 9']);
  });

  it('runs functions and operators in order, record by record', () => {
    const compiled = new Compiled([
      map('add', (value: number) => value + 1),
      filter('even', (value: number) => value % 2 === 0),
      operator('twice', new Twice()),
      flatMap('around', (value: number) => [value - 1, value + 1]),
      map('text', (value: number) => `${value}`),
    ]);
    compiled.run(1, 2, 3);
    expect(compiled.out).toEqual(['1', '3', '1', '3', '3', '5', '3', '5']);
  });

  it('takes arrays, iterables, and nests them', () => {
    const compiled = new Compiled([
      flatMap('array', (value: number) => [value, value + 10]),
      flatMap('set', (value: number) => new Set([value, -value])),
      flatMap('generator', function* (value: number) {
        yield `${value}a`;
        yield `${value}b`;
      }),
    ]);
    compiled.run(1);
    expect(compiled.out).toEqual(['1a', '1b', '-1a', '-1b', '11a', '11b', '-11a', '-11b']);
  });

  it('sets the current key before each record of a keyed operator, and takes it away before a watermark', () => {
    const seen: unknown[] = [];
    class Keyed extends BasicOperator<number, number> {
      process(): void {
        seen.push(this.context.keyed?.currentKey());
      }
      override watermark(): void {
        expect(() => this.context.keyed?.currentKey()).toThrow(/no current key/);
      }
    }
    const compiled = new Compiled([operator('keyed', new Keyed(), 'keyed')]);
    compiled.run(3, 4, 6);
    compiled.chain.watermark(1);
    expect(seen).toEqual([1, 0, 0]);
  });
});

describe('chain: pausing', () => {
  it('stops after the record that used up the room', () => {
    const compiled = new Compiled([map('same', (value: number) => value)]);
    compiled.room = 2;
    expect(compiled.run(1, 2, 3)).toBe(2);
  });

  it('loops over an array to its end, and pulls other iterables only as far as there is room', () => {
    const pulled: number[] = [];
    const compiled = new Compiled([
      flatMap('count', function* (value: number) {
        for (let index = 0; index < 4; index++) {
          pulled.push(value + index);
          yield value + index;
        }
      }),
    ]);
    compiled.room = 2;
    expect(compiled.run(10, 20)).toBe(1);
    expect(pulled).toEqual([10, 11]);
    expect(compiled.gauge.paused).toBe(true);
    expect(compiled.chain.resume()).toBe(false);
    compiled.makeRoom(100);
    expect(compiled.chain.resume()).toBe(true);
    expect(compiled.out).toEqual([10, 11, 12, 13]);

    const array = new Compiled([flatMap('array', (value: number) => [value, value, value])]);
    array.room = 1;
    expect(array.run(1, 2)).toBe(1);
    expect(array.out).toEqual([1, 1, 1]);
  });

  it('lets what an operator emits meanwhile wait behind the paused pull, watermarks too', () => {
    const lazily = flatMap('lazily', function* (value: number) {
      yield value;
      yield -value;
    });
    const compiled = new Compiled([operator('twice', new Twice()), lazily]);
    compiled.room = 1;
    compiled.run(1);
    compiled.chain.watermark(5);
    expect(compiled.out).toEqual([1]);
    compiled.makeRoom(2);
    expect(compiled.chain.resume()).toBe(false);
    expect(compiled.out).toEqual([1, -1, 1]);
    compiled.makeRoom(100);
    expect(compiled.chain.resume()).toBe(true);
    expect(compiled.out).toEqual([1, -1, 1, -1, 'watermark 5']);
  });

  it('lets what comes for an array wait behind the rest of an earlier one', () => {
    // The first operator emits twice; the pull behind the second one pauses in the middle of the first array.
    const compiled = new Compiled([
      operator('twice', new Twice()),
      flatMap('array', (value: number) => [value, value + 1]),
      operator('passes', new Passes()),
      flatMap('lazily', function* (value: number) {
        yield value;
        yield -value;
      }),
    ]);
    compiled.room = 1;
    compiled.run(1);
    while (compiled.gauge.paused || compiled.gauge.blocked) {
      compiled.makeRoom(1);
      compiled.chain.resume();
    }
    expect(compiled.out).toEqual([1, -1, 2, -2, 1, -1, 2, -2]);
  });

  it('keeps the rest of an outer array while an inner pull is paused', () => {
    const compiled = new Compiled([
      flatMap('outer', (value: number) => [value, value + 1, value + 2]),
      flatMap('inner', function* (value: number) {
        yield `${value}a`;
        yield `${value}b`;
      }),
    ]);
    compiled.room = 1;
    compiled.run(1, 7);
    while (compiled.gauge.paused || compiled.gauge.blocked) {
      compiled.makeRoom(1);
      compiled.chain.resume();
    }
    expect(compiled.out).toEqual(['1a', '1b', '2a', '2b', '3a', '3b']);
  });

  it('stops when an operator behind can take no more', () => {
    class Bounded extends BasicOperator<number, number> {
      readonly taken: number[] = [];
      process(value: number): void {
        this.taken.push(value);
      }
      override ready(): boolean {
        return this.taken.length % 2 === 0;
      }
    }
    const bounded = new Bounded();
    const compiled = new Compiled([map('same', (value: number) => value), operator('bounded', bounded)]);
    expect(compiled.run(1, 2, 3)).toBe(1);
    expect(compiled.chain.ready()).toBe(false);
    bounded.taken.push(0);
    expect(compiled.chain.ready()).toBe(true);
  });

  it('lets iterators clean up when the attempt ends before they do', () => {
    let cleaned = false;
    const compiled = new Compiled([
      flatMap('resource', function* () {
        try {
          yield 1;
          yield 2;
        } finally {
          cleaned = true;
        }
      }),
    ]);
    compiled.room = 1;
    compiled.run('go');
    compiled.chain.close();
    expect(cleaned).toBe(true);
  });
});

describe('chain: errors of user code', () => {
  const broken = (): never => {
    throw new TypeError('no such field');
  };
  const failureOf = (parts: readonly ChainPart[], act = (compiled: Compiled): unknown => compiled.run(1)) => {
    try {
      act(new Compiled(parts));
    } catch (error) {
      if (error instanceof TaskFailure) return error.failure;
      throw error;
    }
    throw new Error('nothing was thrown');
  };

  it.each<[string, readonly ChainPart[]]>([
    ['a map', [map('fine', (value: number) => value), map('broken', broken), map('unreached', broken)]],
    ['a filter behind an operator', [operator('twice', new Twice()), filter('broken', broken)]],
    ['a flatMap', [flatMap('fine', (value: number) => [value]), flatMap('broken', broken)]],
    ['behind a flatMap', [flatMap('fine', (value: number) => [value]), map('broken', broken)]],
    [
      'an iterator',
      [
        flatMap('broken', function* () {
          yield 1;
          broken();
        }),
      ],
    ],
    ['what is not iterable', [flatMap('broken', () => 7 as never)]],
  ])('names the operator: %s', (_what, parts) => {
    const failure = failureOf(parts);
    expect(failure).toMatchObject({ code: 'USER_ERROR', domain: 'user', retry: 'restart' });
    expect(failure.message).toContain("operator 'broken' (uid broken-uid)");
    expect(failure.stack).toMatch(/TypeError/);
  });

  it('keeps the failure that a lower layer has described', () => {
    const nan = map('nan', () => Number.NaN);
    const failure = failureOf([nan, operator('keyed', new Twice(), 'keyed')]);
    expect(failure).toMatchObject({ code: 'KEY_UNSUPPORTED' });
    expect(failure.message).toContain("operator 'keyed'");
  });

  it('names the operator in a watermark too', () => {
    class Late extends BasicOperator<number, number> {
      process(): void {}
      override watermark(): void {
        broken();
      }
    }
    const failure = failureOf([operator('late', new Late())], (compiled) => compiled.chain.watermark(1));
    expect(failure.message).toContain("operator 'late' (uid late-uid) threw advancing its watermark: no such field");
  });
});

describe('chain: records are immutable', () => {
  const vandal = map('vandal', (value: { n: number }) => {
    value.n = 2;
    return value;
  });

  it.each<[string, readonly ChainPart[]]>([
    ['what comes in', [vandal]],
    ['what a map returned', [map('fresh', () => ({ n: 1 })), vandal]],
    ['what a flatMap returned', [flatMap('fresh', () => [{ n: 1 }]), vandal]],
    ['what an operator emitted', [operator('twice', new Twice()), vandal]],
  ])('in development a change in place throws where it happens: %s', (_what, parts) => {
    const compiled = new Compiled(parts, true);
    expect(() => compiled.run({ n: 1 })).toThrow(/operator 'vandal'.*read only/);
  });
});
