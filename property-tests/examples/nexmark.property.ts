import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkJob } from 'weirflow/testing';
import { NexmarkGenerator } from '../../examples/nexmark/generator/nexmark-generator.js';
import { q4 } from '../../examples/nexmark/reference/closed-auctions.js';
import { q3 } from '../../examples/nexmark/reference/joins.js';
import type { Reference } from '../../examples/nexmark/reference/reference.js';
import { q5, q11 } from '../../examples/nexmark/reference/windows.js';
import { multiset, referenceRows } from '../../specs/examples/nexmark-run.js';

const [seed, runs] = [20_261_201, 20];

interface Case {
  readonly name: string;
  /** Rows as the plain loop gives them. */
  readonly rows: (events: number, generator: NexmarkGenerator) => readonly string[];
}

const check = <Row>(name: string, reference: Reference<Row>): Case => ({
  name,
  rows: (events, generator) => multiset(referenceRows(reference, generator.events(events))),
});

/** 40 s of events, out of order by 1 s, in 3 s of the clock: windows end, sessions and auctions close while processes crash. */
const setting = { seed: 6, eventsPerSecond: 20, outOfOrderGroupSize: 20 };
const events = 800;

describe(`NEXMark under generated failures (seed ${seed})`, () => {
  it.each([check('q3', q3), check('q4', q4), check('q5', q5), check('q11', q11)])(
    '$name commits the rows of the plain loop, each once',
    async ({ name, rows }) => {
      const report = await checkJob({
        job: fileURLToPath(new URL(`../../examples/nexmark/${name}.ts`, import.meta.url)),
        params: [
          ...['--events', `${events}`, '--seed', `${setting.seed}`, '--tps', `${setting.eventsPerSecond}`],
          ...['--group', `${setting.outOfOrderGroupSize}`, '--parallelism', '2', '--rate', '270', '--output', 'out'],
        ],
        output: 'out',
        runs,
        seed,
      });
      const committed = report.lines.map((line) => JSON.parse(line) as unknown);
      expect(committed.length).toBeGreaterThan(0);
      expect(multiset(committed)).toEqual(rows(events, new NexmarkGenerator(setting)));
      expect(report.crashes).toBeGreaterThan(3);
      expect(report.restored).toBeGreaterThan(1);
    },
  );
});
