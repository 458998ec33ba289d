import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { CountLine } from '../children/count-flights.js';
import type { Outcome } from '../outcome.js';
import { million } from '../outcome.js';
import { Stage } from './bench-cluster.js';
import { type MsgpackrSpeed, msgpackrSpeed } from './msgpackr-speed.js';
import { type ProcessUsage, usageOf } from './process-usage.js';
import { flightsOfSecondSlot, withFolder } from './second-slot.js';
import { waitFor } from './wait-for.js';

const floors = { threads: 1_500_000, nats: 1_200_000 } as const;
const ratioFloor = 0.5;
/** Until code is compiled and heaps have their size. */
const warmUpMs = 4_000;
const windowMs = 6_000;

/** Flights counted by origin, all of them on the way from one slot to another; in steady state, beside msgpackr before and after it. */
export async function keyedCount(over: 'threads' | 'nats'): Promise<Outcome> {
  const flights = await flightsOfSecondSlot();
  const before = msgpackrSpeed(flights);
  const { recordsPerSecond, cpu } = await withFolder(flights, (folder) => measured(over, folder));
  const after = msgpackrSpeed(flights);
  const yardstick = faster(before, after);
  const ratio = recordsPerSecond / yardstick.plain;
  const misses = [
    ...(recordsPerSecond < floors[over] ? [`${million(recordsPerSecond)} is below ${million(floors[over])}`] : []),
    ...(ratio < ratioFloor ? [`${ratio.toFixed(2)} of msgpackr is below ${ratioFloor}`] : []),
  ];
  const where = over === 'threads' ? 'two slots of a process' : 'two processes over NATS';
  return {
    name: over === 'threads' ? 'slots' : 'nats',
    lines: [
      `keyed count between ${where}: ${million(recordsPerSecond)} (wanted ${million(floors[over])}), ${ratio.toFixed(2)} of ` +
        `msgpackr's ${million(yardstick.plain)} in the same run (wanted ${ratioFloor})`,
      `  msgpackr with shared structures ${million(yardstick.structures)}, ratio ${(recordsPerSecond / yardstick.structures).toFixed(2)}; ` +
        `processor time for a million records: ${cpu.map(({ name, ms }) => `${name} ${ms} ms`).join(', ') || 'not told here'}, ` +
        `msgpackr ${yardstick.plainCpuMsPerMillion} ms`,
    ],
    measured: { recordsPerSecond, ratio, msgpackr: yardstick, cpuMsPerMillion: cpu },
    misses,
  };
}

interface Measured {
  readonly recordsPerSecond: number;
  /** Of each process, user and system, for a million records. */
  readonly cpu: readonly { readonly name: string; readonly ms: number; readonly userMs: number }[];
}

async function measured(over: 'threads' | 'nats', folder: string): Promise<Measured> {
  const lines: CountLine[] = [];
  const params = ['--flights', join(folder, 'flights.json')];
  const printed = (line: unknown): void => void lines.push(line as CountLine);
  const stage = await Stage.start({ job: 'count-flights', params, over, folder, printed });
  try {
    await waitFor(stage, 'flights were counted', () => lines.length > 0);
    await pause(warmUpMs);
    const first = lines.at(-1) as CountLine;
    const usedFirst = await usages(stage);
    await pause(windowMs);
    stage.check();
    const last = lines.at(-1) as CountLine;
    const usedLast = await usages(stage);
    const records = last.records - first.records;
    if (records <= 0) throw new Error('The count began anew: the job was restarted while it was measured.');
    const cpu = stage.members.flatMap(({ name }, at) => {
      const [from, to] = [usedFirst[at], usedLast[at]];
      if (from == null || to == null) return [];
      const userMs = to.userMs - from.userMs;
      const perMillion = (ms: number): number => Math.round((ms * 1_000_000) / records);
      return [{ name, ms: perMillion(userMs + to.systemMs - from.systemMs), userMs: perMillion(userMs) }];
    });
    return { recordsPerSecond: Math.round((records * 1_000) / (last.atMs - first.atMs)), cpu };
  } finally {
    await stage.stop();
  }
}

const usages = (stage: Stage): Promise<readonly (ProcessUsage | null)[]> =>
  Promise.all(stage.members.map(({ pid }) => usageOf(pid)));

/** The better of two, so that a busy moment of the machine does not flatter the engine. */
const faster = (a: MsgpackrSpeed, b: MsgpackrSpeed): MsgpackrSpeed => ({
  plain: Math.max(a.plain, b.plain),
  structures: Math.max(a.structures, b.structures),
  plainCpuMsPerMillion: Math.min(a.plainCpuMsPerMillion, b.plainCpuMsPerMillion),
});
