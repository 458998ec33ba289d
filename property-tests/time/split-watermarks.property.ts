import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SplitWatermarks } from '../../src/time/split-watermarks.js';
import { noTimestamp } from '../../src/time/timestamps.js';
import { BoundedOutOfOrderness, type WatermarkGenerator, WithIdleness } from '../../src/time/watermark-generator.js';

const seed = 20_261_140;
const boundMs = 3;
const idleMs = 250;
const probeMs = 100;
const ids = ['a', 'b', 'c', 'd'] as const;
type Id = (typeof ids)[number];

type Act =
  | { readonly kind: 'record'; readonly split: Id; readonly at: number }
  | { readonly kind: 'probe' }
  | { readonly kind: 'end'; readonly split: Id }
  /** A snapshot, and a new run: each split goes to the reader that the number says. */
  | { readonly kind: 'restore'; readonly owners: readonly number[] };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('record' as const),
      split: fc.constantFrom(...ids),
      at: fc.integer({ min: -20, max: 60 }),
    }),
  },
  { weight: 6, arbitrary: fc.constant({ kind: 'probe' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), split: fc.constantFrom(...ids) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('restore' as const),
      owners: fc.array(fc.nat(1), { minLength: 4, maxLength: 4 }),
    }),
  },
);

/** One split, from its whole history: what it has seen, what it has said, and since when it is quiet. */
interface NaiveSplit {
  owner: number;
  seen: number;
  said: number;
  quietSince: number | null;
  hadRecord: boolean;
  idle: boolean;
}

/** What each reader must have said: worked out anew from the splits after every act. */
class Naive {
  readonly splits = new Map<Id, NaiveSplit>(
    ids.map((id, n) => [
      id,
      { owner: n % 2, seen: noTimestamp, said: noTimestamp, quietSince: null, hadRecord: false, idle: false },
    ]),
  );
  readonly holds = [noTimestamp, noTimestamp];

  of(reader: number): NaiveSplit[] {
    return [...this.splits.values()].filter(({ owner }) => owner === reader);
  }

  settle(): void {
    for (const reader of [0, 1]) {
      const active = this.of(reader).filter(({ idle }) => !idle);
      if (active.length === 0) continue;
      const least = Math.min(...active.map(({ said }) => said));
      this.holds[reader] = Math.max(this.holds[reader] as number, least);
    }
  }

  record(id: Id, at: number): void {
    const split = this.splits.get(id);
    if (split === undefined) return;
    split.seen = Math.max(split.seen, at);
    split.hadRecord = true;
    split.idle = false;
  }

  probe(nowMs: number): void {
    for (const split of this.splits.values()) {
      if (split.hadRecord) split.quietSince = null;
      else split.quietSince ??= nowMs;
      split.hadRecord = false;
      if (split.quietSince !== null && nowMs - split.quietSince > idleMs) split.idle = true;
      else if (split.seen !== noTimestamp && split.seen - boundMs - 1 > split.said) {
        split.said = split.seen - boundMs - 1;
        split.idle = false;
      }
    }
  }

  restore(owners: readonly number[]): void {
    for (const [n, id] of ids.entries()) {
      const split = this.splits.get(id);
      if (split === undefined) continue;
      Object.assign(split, { owner: owners[n], idle: false, quietSince: null, hadRecord: false });
    }
    this.holds.fill(noTimestamp);
  }
}

class Reader {
  holds = noTimestamp;
  idle = false;
  readonly watermarks: SplitWatermarks<number>;

  constructor() {
    const create = (): WatermarkGenerator<number> => new WithIdleness(new BoundedOutOfOrderness(boundMs), idleMs);
    this.watermarks = new SplitWatermarks(create, {
      watermark: (timestamp) => {
        expect(timestamp).toBeGreaterThan(this.holds);
        this.holds = timestamp;
      },
      idle: (isIdle) => {
        expect(isIdle).toBe(!this.idle);
        this.idle = isIdle;
      },
    });
  }

  /** As the operator does it. */
  record(split: Id, at: number): void {
    this.watermarks.enter(split);
    const { current } = this.watermarks;
    if (current.isIdle) current.wake();
    current.generator.onEvent(at, at, current);
  }
}

describe(`watermarks of splits (seed ${seed})`, () => {
  it('are the least over the splits that are not idle and have not ended, through restores that move splits', () => {
    let moved = 0;
    fc.assert(
      fc.property(fc.array(act, { minLength: 5, maxLength: 80 }), (acts) => {
        const naive = new Naive();
        let readers = [new Reader(), new Reader()];
        for (const [id, { owner }] of naive.splits) readers[owner]?.watermarks.add(id, null);
        let nowMs = 0;
        for (const each of acts) {
          if (each.kind === 'probe') {
            nowMs += probeMs;
            naive.probe(nowMs);
            for (const { watermarks } of readers) watermarks.probe(nowMs);
          } else if (each.kind === 'restore') {
            const states = new Map(
              [...naive.splits].map(([id, { owner }]) => [id, readers[owner]?.watermarks.stateOf(id)]),
            );
            if (each.owners.some((owner, n) => owner !== naive.splits.get(ids[n] as Id)?.owner)) moved += 1;
            naive.restore(each.owners);
            readers = [new Reader(), new Reader()];
            for (const [id, { owner }] of naive.splits) {
              const state = JSON.parse(JSON.stringify(states.get(id)));
              readers[owner]?.watermarks.add(id, state);
            }
            for (const { watermarks } of readers) watermarks.settle();
          } else {
            const owner = naive.splits.get(each.split)?.owner;
            if (owner === undefined) continue;
            if (each.kind === 'record') {
              readers[owner]?.record(each.split, each.at);
              naive.record(each.split, each.at);
            } else {
              readers[owner]?.watermarks.drop(each.split);
              naive.splits.delete(each.split);
            }
          }
          naive.settle();
          expect(readers.map(({ holds }) => holds)).toEqual(naive.holds);
          for (const [n, { idle }] of readers.entries()) {
            const splits = naive.of(n);
            if (splits.length > 0) expect(idle).toBe(splits.every((split) => split.idle));
          }
        }
      }),
      { seed, numRuns: 1_000 },
    );
    expect(moved).toBeGreaterThan(100);
  });
});
