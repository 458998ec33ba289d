import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LatencyLine } from '../children/clocked-flights.js';
import type { Outcome } from '../outcome.js';
import { quantile } from '../quantile.js';
import { startBareNats } from './bare-nats.js';
import { Stage } from './bench-cluster.js';
import { flightsOfSecondSlot, withFolder } from './second-slot.js';
import { waitFor } from './wait-for.js';

const ratePerSecond = 1_000;
const p99MsWanted = 10;
const warmUpMs = 4_000;
const windowMs = 10_000;

/** How late flights arrive at low load: from the moment each was due at the source, through NATS, to the keyed process of another process. */
export async function latency(): Promise<Outcome> {
  const { records, bare } = await withFolder(await flightsOfSecondSlot(), measured);
  const { p99Ms } = records;
  return {
    name: 'latency',
    lines: [
      `latency over NATS at ${ratePerSecond} records/s: ${textOf(records)} (p99 wanted below ${p99MsWanted} ms)`,
      `  bare NATS in the same run, a message each millisecond: ${textOf(bare)}`,
    ],
    measured: { ratePerSecond, ...records, bareNats: bare },
    misses: p99Ms < p99MsWanted ? [] : [`a p99 of ${p99Ms.toFixed(2)} ms is not below ${p99MsWanted}`],
  };
}

interface Latencies {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

function latenciesOf(values: readonly number[]): Latencies {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => Number(quantile(sorted, part).toFixed(3));
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

const textOf = ({ p50Ms, p99Ms, maxMs, count }: Latencies): string =>
  `p50 ${p50Ms.toFixed(2)}, p99 ${p99Ms.toFixed(2)}, max ${maxMs.toFixed(2)} ms of ${count}`;

async function measured(folder: string): Promise<{ readonly records: Latencies; readonly bare: Latencies }> {
  const lines: LatencyLine[] = [];
  const params = ['--flights', join(folder, 'flights.json'), '--rate', String(ratePerSecond)];
  const printed = (line: unknown): void => void lines.push(line as LatencyLine);
  const stage = await Stage.start({ job: 'clocked-flights', params, over: 'nats', folder, printed });
  try {
    await waitFor(stage, 'flights arrived', () => lines.length > 0);
    await pause(warmUpMs);
    lines.length = 0;
    const endBareNats = await startBareNats(stage.natsUrl);
    await pause(windowMs);
    stage.check();
    const bare = latenciesOf(await endBareNats());
    return { records: latenciesOf(lines.flatMap(({ latenciesMs }) => latenciesMs)), bare };
  } finally {
    await stage.stop();
  }
}
