import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../specs/engine/connectors/virtual-clock.js';
import { createTestedState } from '../../specs/engine/state/tested-state.js';
import { imageOf, written } from '../../specs/engine/state/written.js';
import { IntervalJoinOperator } from '../../src/operators/interval-join.js';
import { maxWatermark, type OperatorContext } from '../../src/operators/operator.js';
import type { KeyedStateBackend } from '../../src/state/keyed-state.js';

const seed = 20_261_121;

const record = fc.record({
  side: fc.constantFrom('left', 'right'),
  key: fc.nat(2),
  at: fc.integer({ min: -20, max: 40 }),
  /** What the watermark may be before it, as far as no record to come is late. */
  slack: fc.nat(6),
  fails: fc.boolean(),
});
const interval = fc
  .tuple(fc.integer({ min: -12, max: 12 }), fc.nat(15), fc.boolean(), fc.boolean())
  .map(([lowerMs, length, isLowerExclusive, isUpperExclusive]) => ({
    lowerMs,
    upperMs: lowerMs + length,
    isLowerExclusive,
    isUpperExclusive,
  }));

const newState = (): KeyedStateBackend =>
  createTestedState({ operator: 'join', maxParallelism: 4, range: { first: 0, last: 3 }, development: true });

describe(`interval join (seed ${seed})`, () => {
  it('makes each pair once, in any order of arrival, through failures at any record, and forgets everything', () => {
    fc.assert(
      fc.property(interval, fc.array(record, { maxLength: 40, size: 'max' }), (bounds, records) => {
        const pairs: string[] = [];
        let keyed = newState();
        const open = () => {
          const operator = new IntervalJoinOperator<number, number, number, string>({
            interval: bounds,
            fn: { processElement: (left, right, { emit }) => emit(`${left}-${right}`) },
            lateLeft: null,
            lateRight: null,
          });
          const output = { emit: (pair: string) => pairs.push(pair), watermark: () => undefined, blocked: () => false };
          const context = { uid: 'join', keyed, output, clock: new VirtualClock() };
          operator.open(context as unknown as OperatorContext<string>, { from: null, items: [] }, () => undefined);
          return operator;
        };
        let operator = open();
        for (const [id, { side, key, at, slack, fails }] of records.entries()) {
          operator.watermark(Math.min(...records.slice(id).map((each) => each.at)) - slack);
          keyed.setCurrentKey(key);
          if (side === 'left') operator.process(id, at);
          else operator.processSecond(id, at);
          if (!fails) continue;
          const restored = newState();
          const snapshot = written(keyed.snapshot({ epoch: 1, n: id }, null));
          for (const group of snapshot.changed) restored.load(imageOf(group), keyed.serializers());
          keyed = restored;
          operator = open();
        }
        const { lowerMs, upperMs, isLowerExclusive, isUpperExclusive } = bounds;
        const naive = records.flatMap((left, l) =>
          records.flatMap((right, r) => {
            const distance = right.at - left.at;
            const isPair =
              left.side === 'left' &&
              right.side === 'right' &&
              left.key === right.key &&
              (isLowerExclusive ? distance > lowerMs : distance >= lowerMs) &&
              (isUpperExclusive ? distance < upperMs : distance <= upperMs);
            return isPair ? [`${l}-${r}`] : [];
          }),
        );
        expect(pairs.sort()).toEqual(naive.sort());
        expect(operator.numLateRecordsDropped).toBe(0);
        operator.watermark(maxWatermark);
        expect(written(keyed.snapshot({ epoch: 2, n: 1 }, null)).changed).toEqual([]);
      }),
      { seed, numRuns: 400 },
    );
  });
});
