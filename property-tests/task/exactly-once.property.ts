import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Split } from '../../actors/protocol/manifest.js';
import { Driver, type Manifest } from '../../specs/engine/task/driver.js';
import {
  flatMap,
  map,
  Outside,
  operator,
  RangeSource,
  testJob,
  transactionalSink,
} from '../../specs/engine/task/test-jobs.js';
import { World } from '../../specs/engine/task/world.js';
import { BasicOperator, type Operator } from '../../src/operators/operator.js';
import { valueState } from '../../src/state/descriptors.js';

const seed = 20_261_134;

/** The place of each record among those of its key, counted in keyed state: any record lost or read twice shows. */
class Place extends BasicOperator<number, string> {
  process(value: number, timestamp: number): void {
    const place = this.context.keyed?.value(valueState<number>('place'));
    const count = (place?.value() ?? 0) + 1;
    place?.update(count);
    this.context.output.emit(`${value % 7}:${count}`, timestamp);
  }
}

const keyOf = (value: number): number => value % 7;

interface Topology {
  readonly parallelism: number;
  readonly slots: number;
  readonly frameBytes: number;
  readonly windowFrames: number;
  readonly turnRecordsMax: number;
  readonly partitioner: 'rebalance' | 'forward';
  readonly watermarks: boolean;
}

const topology: fc.Arbitrary<Topology> = fc.record({
  parallelism: fc.integer({ min: 1, max: 3 }),
  slots: fc.integer({ min: 1, max: 3 }),
  frameBytes: fc.constantFrom(90, 150, 4_000),
  windowFrames: fc.integer({ min: 1, max: 4 }),
  turnRecordsMax: fc.constantFrom(1, 5, 64),
  partitioner: fc.constantFrom('rebalance', 'forward'),
  watermarks: fc.boolean(),
});

/** One run: how long it lives before its checkpoint, whether that one completes, is told, and what happens to the links. */
const life = fc.record({
  beforeMs: fc.nat(30),
  checkpoint: fc.constantFrom('none', 'aborted', 'complete', 'complete, untold'),
  afterMs: fc.nat(10),
  linkBreaksAtFrame: fc.option(fc.nat(80), { nil: null }),
  storeUnknown: fc.nat(3),
});

function jobOf({ parallelism, partitioner, watermarks }: Topology, outside: Outside) {
  const double = flatMap('both', function* (value: number) {
    yield value;
    yield value + 1_000_003;
  });
  return testJob(
    [
      { id: 'read', parallelism, source: new RangeSource(16, watermarks), stages: [] },
      { id: 'both', parallelism, stages: [double, map('same', (value: number) => value)] },
      {
        id: 'count',
        parallelism,
        stages: [
          operator('place', () => new Place() as Operator<never, never>, keyOf as never),
          transactionalSink('sink', outside),
        ],
      },
    ],
    [
      { from: 'read', to: 'both', partitioner },
      { from: 'both', to: 'count', partitioner: 'hash', key: keyOf as never },
    ],
  );
}

function expected(splits: readonly Split[]): readonly string[] {
  const counts = new Map<number, number>();
  const out: string[] = [];
  for (const { data } of splits) {
    const { next, end } = data as { next: number; end: number };
    for (let value = next; value < end; value++) {
      for (const made of [value, value + 1_000_003]) {
        const count = (counts.get(keyOf(made)) ?? 0) + 1;
        counts.set(keyOf(made), count);
        out.push(`${keyOf(made)}:${count}`);
      }
    }
  }
  return out.sort();
}

describe(`a job with crashes (seed ${seed})`, () => {
  it('commits each result exactly once', () => {
    const sizes = fc.array(fc.nat(40), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(topology, sizes, fc.array(life, { maxLength: 4 }), (shape, splitSizes, lives) => {
        const world = new World();
        world.turnRecordsMax = shape.turnRecordsMax;
        const outside = new Outside();
        const job = jobOf(shape, outside);
        const splits = splitSizes.map((size, index) => ({
          id: `s${index}`,
          data: { next: index * 100, end: index * 100 + size },
        }));
        const slots = Math.min(shape.slots, shape.parallelism);
        const options = {
          frameBytes: shape.frameBytes,
          channelWindowFrames: shape.windowFrames,
          storeTimeoutMs: 2_000,
        };
        let from: Manifest | null = null;
        let n = 0;

        for (const [index, { beforeMs, checkpoint, afterMs, linkBreaksAtFrame, storeUnknown }] of lives.entries()) {
          const driver = new Driver(world, job, { slots, run: index + 1, splits, from, options }).deploy();
          if (driver.isFinished()) {
            driver.crash();
            continue;
          }
          breakLinkAt(world, linkBreaksAtFrame);
          world.runFor(beforeMs);
          let unknown = storeUnknown;
          world.storeMood = () => (unknown-- > 0 ? 'unknown' : 'well');
          n += 1;
          if (checkpoint !== 'none') {
            const manifest: Manifest | null = driver.trySnapshot(n);
            if (manifest === null) expect(driver.failures()).toContain('CHANNEL_GAP');
            else if (checkpoint === 'aborted') driver.abort(manifest.id);
            else {
              from = manifest;
              if (checkpoint === 'complete' && !driver.tryComplete(manifest))
                expect(driver.failures()).toContain('CHANNEL_GAP');
            }
          }
          world.runFor(afterMs);
          driver.crash();
          world.linkMood = () => 'well';
        }

        const last = new Driver(world, job, { slots, run: 99, splits, from, options }).deploy();
        if (!last.isFinished()) {
          last.awaitDrained();
          last.checkpoint(n + 1);
        }
        expect(last.failures()).toEqual([]);
        expect([...outside.committed].sort()).toEqual(expected(splits));
      }),
      { seed, numRuns: 250 },
    );
  });
});

/** From that frame on, one link loses everything: a suffix, as at a disconnect. */
function breakLinkAt(world: World, frame: number | null): void {
  if (frame === null) return;
  let count = 0;
  let broken: string | null = null;
  world.linkMood = ({ from, to }) => {
    const link = `${from.slot}>${to.slot}`;
    count += 1;
    if (count === frame) broken = link;
    return link === broken && count < frame + 20 ? 'lost' : 'well';
  };
}
