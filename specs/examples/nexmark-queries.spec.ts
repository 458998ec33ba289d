import { describe, expect, it } from 'vitest';
import { NexmarkGenerator } from '../../examples/nexmark/generator/nexmark-generator.js';
import type { Query } from '../../examples/nexmark/nexmark-job.js';
import { q0 } from '../../examples/nexmark/q0.js';
import { q1 } from '../../examples/nexmark/q1.js';
import { q2 } from '../../examples/nexmark/q2.js';
import { q3 } from '../../examples/nexmark/q3.js';
import { q4 } from '../../examples/nexmark/q4.js';
import { q5 } from '../../examples/nexmark/q5.js';
import { q6 } from '../../examples/nexmark/q6.js';
import { q7 } from '../../examples/nexmark/q7.js';
import { q8 } from '../../examples/nexmark/q8.js';
import { q9 } from '../../examples/nexmark/q9.js';
import { q11 } from '../../examples/nexmark/q11.js';
import { q12 } from '../../examples/nexmark/q12.js';
import { q14 } from '../../examples/nexmark/q14.js';
import { q17 } from '../../examples/nexmark/q17.js';
import { q18 } from '../../examples/nexmark/q18.js';
import { q19 } from '../../examples/nexmark/q19.js';
import { q20 } from '../../examples/nexmark/q20.js';
import * as closedAuctions from '../../examples/nexmark/reference/closed-auctions.js';
import * as joins from '../../examples/nexmark/reference/joins.js';
import type { Reference } from '../../examples/nexmark/reference/reference.js';
import * as stateless from '../../examples/nexmark/reference/stateless.js';
import * as updates from '../../examples/nexmark/reference/updates.js';
import * as windows from '../../examples/nexmark/reference/windows.js';
import { lastOfEach, multiset, referenceRows, rowsOf } from './nexmark-run.js';

/** A query, its plain loop, and what of their rows must be the same. */
interface Case {
  readonly name: string;
  readonly both: (
    options: Setting,
  ) => Promise<{ readonly engine: readonly string[]; readonly loop: readonly string[] }>;
}

interface Setting {
  readonly seed: number;
  readonly eventsPerSecond: number;
  readonly outOfOrderGroupSize: number;
  readonly parallelism: number;
}

const events = 4_000;

/** 40 s of events one after the other; 20 s by two subtasks; 80 s that come out of order by 1.5 s; and many in each millisecond. */
const settings: readonly Setting[] = [
  { seed: 1, eventsPerSecond: 100, outOfOrderGroupSize: 1, parallelism: 1 },
  { seed: 2, eventsPerSecond: 200, outOfOrderGroupSize: 1, parallelism: 2 },
  { seed: 3, eventsPerSecond: 50, outOfOrderGroupSize: 75, parallelism: 1 },
  { seed: 4, eventsPerSecond: 50, outOfOrderGroupSize: 75, parallelism: 2 },
  { seed: 5, eventsPerSecond: 20_000, outOfOrderGroupSize: 30, parallelism: 2 },
];

function check<Row>(
  name: string,
  query: Query<Row>,
  reference: Reference<Row>,
  keyOf: ((row: Row) => string) | null = null,
): Case {
  const compared = (rows: readonly Row[]): readonly string[] =>
    multiset(keyOf === null ? rows : lastOfEach(rows, keyOf));
  return {
    name,
    both: async ({ parallelism, ...options }) => ({
      engine: compared(await rowsOf(query, { events, ...options }, parallelism)),
      loop: compared(referenceRows(reference, new NexmarkGenerator(options).events(events))),
    }),
  };
}

const cases: readonly Case[] = [
  check('q0', q0, stateless.q0),
  check('q1', q1, stateless.q1),
  check('q2', q2, stateless.q2),
  check('q3', q3, joins.q3),
  check('q4', q4, closedAuctions.q4),
  check('q5', q5, windows.q5),
  check('q6', q6, closedAuctions.q6),
  check('q7', q7, windows.q7),
  check('q8', q8, windows.q8),
  check('q9', q9, closedAuctions.q9),
  check('q11', q11, windows.q11),
  check('q14', q14, stateless.q14),
  check('q17', q17, updates.q17, ({ auction, day }) => `${auction} ${day}`),
  check('q18', q18, updates.q18, ({ bidder, auction }) => `${bidder} ${auction}`),
  check('q19', q19, updates.q19, ({ bid: { auction }, rank }) => `${auction} ${rank}`),
  check('q20', q20, joins.q20),
];

describe.each(cases)('NEXMark $name', ({ both }) => {
  it.each(settings)('gives what a plain loop gives: %o', async (setting) => {
    const { engine, loop } = await both(setting);
    expect(engine.length).toBeGreaterThan(0);
    expect(engine).toEqual(loop);
  });
});

describe('NEXMark: rows as they come', () => {
  it.each([check('q17', q17, updates.q17), check('q18', q18, updates.q18), check('q19', q19, updates.q19)])(
    '$name: one subtask gives every update that a plain loop gives',
    async ({ both }) => {
      const { engine, loop } = await both(settings[0] as Setting);
      expect(engine.length).toBeGreaterThan(1_000);
      expect(engine).toEqual(loop);
    },
  );
});

describe('NEXMark q12', () => {
  it.each(settings)('counts every bid in one window of the clock: %o', async ({ parallelism, ...options }) => {
    // Which window a bid falls into is for the clock to say; what a bidder has in all is not.
    const rows = await rowsOf(q12, { events, ...options }, parallelism);
    const bids = new Map<number, number>();
    for (const row of rows) bids.set(row.bidder, (bids.get(row.bidder) ?? 0) + row.bids);
    const totals = [...bids].map(([bidder, count]) => ({ bidder, bids: count, start: 0 }));
    expect(rows.every(({ start }) => start % 10_000 === 0)).toBe(true);
    expect(multiset(totals)).toEqual(
      multiset(referenceRows(windows.q12, new NexmarkGenerator(options).events(events))),
    );
  });
});
