import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../specs/engine/connectors/virtual-clock.js';
import { Answers } from '../../specs/engine/operators/answers.js';
import { fresh, type OperatorRun, opened } from '../../specs/engine/operators/operator-run.js';
import { AsyncWaitOperator } from '../../src/operators/async-wait.js';

const seed = 20_261_121;
const capacity = 4;
const checkpoint = { epoch: 1, n: 1 };

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('record' as const), pick: fc.nat(99) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('answer' as const), pick: fc.nat(99) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('watermark' as const), pick: fc.nat(99) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('block' as const, 'unblock' as const), pick: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restore' as const), pick: fc.nat(99) }) },
);

/** The operator as its tasklet drives it: it gets nothing while it is not ready, held or blocked. */
class Driven {
  readonly out: unknown[] = [];
  private operator!: AsyncWaitOperator<number, readonly number[], number>;
  private run!: OperatorRun;
  private answers!: Answers;
  private asked: number[] = [];

  constructor(private readonly ordered: boolean) {
    this.begin(fresh);
  }

  get takes(): boolean {
    return !this.run.held && !this.run.output.isBlocked && this.operator.ready();
  }

  record(value: number): void {
    this.operator.process(value, value);
  }

  watermark(timestamp: number): void {
    this.operator.watermark(timestamp);
  }

  /** Answers one of the open calls. What arrives while the receivers take nothing waits in the mailbox. */
  answer(pick: number): void {
    const { open } = this.answers;
    if (open.length === 0 || this.run.held || this.run.output.isBlocked) return;
    const at = open[pick % open.length] as number;
    this.answers.answer(at, resultsOf(this.asked[at] as number));
  }

  block(isBlocked: boolean): void {
    this.run.output.isBlocked = isBlocked;
    if (!isBlocked && this.run.held) this.run.held = !this.operator.resume();
  }

  /** What was put out up to here is behind the barrier. */
  restore(): void {
    this.block(false);
    const items = this.operator.snapshot(checkpoint);
    this.out.push(...this.run.output.all);
    this.operator.close();
    this.begin({ from: checkpoint, items });
  }

  finish(): void {
    this.block(false);
    let settled = this.operator.finish(() => {
      settled = 'done';
    });
    for (let left = 10_000; settled === 'pending' && left > 0; left--) this.answer(7);
    expect(settled).toBe('done');
    this.out.push(...this.run.output.all);
  }

  private begin(restored: typeof fresh): void {
    this.answers = new Answers();
    this.asked = [];
    this.operator = new AsyncWaitOperator<number, readonly number[], number>({
      fn: {
        invoke: (value) => {
          this.asked.push(value);
          return Promise.resolve([]);
        },
      },
      resultsOf: (results) => results,
      ordered: this.ordered,
      timeoutMs: 1_000,
      capacity,
      retry: null,
    });
    this.run = opened(this.operator as never, null, {
      clock: new VirtualClock(),
      offload: this.answers.offload,
      restored,
    });
  }
}

/** None, one or two of each. */
const resultsOf = (value: number): readonly number[] => Array.from({ length: value % 3 }, (_, n) => value * 10 + n);

describe(`async I/O (seed ${seed})`, () => {
  it.each([true, false])(
    'ordered %o: what comes out equals what a synchronous function makes, in any order of answers',
    (ordered) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
          const driven = new Driven(ordered);
          const expected: unknown[] = [];
          let number = 0;
          let restores = 0;
          for (const { kind, pick } of steps) {
            if (kind === 'answer') driven.answer(pick);
            else if (kind === 'block' || kind === 'unblock') driven.block(kind === 'block');
            else if (kind === 'restore') {
              restores += 1;
              driven.restore();
            } else if (driven.takes) {
              number += 1;
              if (kind === 'record') {
                driven.record(number);
                expected.push(...resultsOf(number).map((value) => [value, number]));
              } else {
                driven.watermark(number);
                expected.push(`watermark ${number}`);
              }
            }
          }
          driven.finish();
          // Watermarks are not in snapshots: after a restore sources make them anew.
          if (restores > 0) expect(records(driven.out, ordered)).toEqual(records(expected, ordered));
          else if (ordered) expect(driven.out).toEqual(expected);
          else expect(between(driven.out)).toEqual(between(expected));
        }),
        { seed, numRuns: 400 },
      );
    },
  );
});

const text = (item: unknown): string => JSON.stringify(item);

function records(items: readonly unknown[], ordered: boolean): readonly string[] {
  const all = items.filter((item) => typeof item !== 'string').map(text);
  return ordered ? all : all.sort();
}

/** What came between watermarks, in any order. */
function between(items: readonly unknown[]): unknown[] {
  const parts: string[][] = [[]];
  for (const item of items) {
    if (typeof item === 'string') parts.push([item], []);
    else parts.at(-1)?.push(text(item));
  }
  return parts.map((part) => part.sort());
}
