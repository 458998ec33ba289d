import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { CountLine } from '../children/count-flights.js';
import type { MemoryLine } from '../children/memory-probe.js';
import type { Outcome } from '../outcome.js';
import { Stage } from './bench-cluster.js';
import { type Course, courseOf } from './course.js';
import { usageOf } from './process-usage.js';
import { flightsOfSecondSlot, withFolder } from './second-slot.js';
import { waitFor } from './wait-for.js';

/** Makes the count some hundred times slower than its source. */
const costMicros = 50;
const everyMs = 1_000;
/** Of a heap of a few MiB a tenth is less than what lies about between two collections. */
const heapToleratedBytes = 8_388_608;

/** With a count that is slower than its source: what every process and every thread of it takes of memory, second by second. */
export async function memory(seconds: number): Promise<Outcome> {
  const { courses, recordsPerSecond } = await withFolder(await flightsOfSecondSlot(), (folder) =>
    measured(folder, seconds),
  );
  const growing = courses.filter(({ isFlat }) => !isFlat);
  const perSecond = Math.round(recordsPerSecond);
  return {
    name: 'memory',
    lines: [
      `memory with a slow consumer for ${seconds} s, over NATS: ${growing.length === 0 ? 'flat' : 'not flat'}, while ${perSecond} records/s were taken`,
      ...courses.map((course) => `  ${textOf(course)}`),
    ],
    measured: { seconds, recordsPerSecond: perSecond, courses },
    misses: growing.map(({ what }) => `${what} grows`),
  };
}

async function measured(folder: string, seconds: number) {
  const lines: CountLine[] = [];
  const memoryFile = join(folder, 'memory.jsonl');
  const params = ['--flights', join(folder, 'flights.json'), '--cost', String(costMicros)];
  const printed = (line: unknown): void => void lines.push(line as CountLine);
  const stage = await Stage.start({ job: 'count-flights', params, over: 'nats', folder, memoryFile, printed });
  try {
    await waitFor(stage, 'flights were counted', () => lines.length > 1);
    const [first] = lines as [CountLine];
    const fromMs = Date.now();
    const resident = new Map<string, number[]>();
    for (let second = 0; second < seconds; second++) {
      await pause(everyMs);
      stage.check();
      for (const { name, pid } of stage.members) {
        const usage = await usageOf(pid);
        if (usage !== null) resident.set(name, [...(resident.get(name) ?? []), usage.rssBytes]);
      }
    }
    const last = lines.at(-1) as CountLine;
    const text = await readFile(memoryFile, 'utf8');
    const samples = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as MemoryLine]));
    const courses = [
      ...[...resident].map(([name, bytes]) => courseOf(`${name}: resident`, bytes)),
      ...stage.processes.flatMap(({ name, pid }) =>
        heapsOf(
          name,
          samples.filter((sample) => sample.pid === pid && sample.atMs > fromMs),
        ),
      ),
    ];
    return { courses, recordsPerSecond: ((last.records - first.records) * 1_000) / (last.atMs - first.atMs) };
  } finally {
    await stage.stop();
  }
}

/** Of each thread of a process, with the buffers that it holds. */
function heapsOf(name: string, samples: readonly MemoryLine[]): readonly Course[] {
  const threads = [...new Set(samples.map(({ thread }) => thread))].toSorted((a, b) => a - b);
  return threads.map((thread) => {
    const own = samples.filter((sample) => sample.thread === thread);
    const bytes = own.map(({ heapBytes, externalBytes }) => heapBytes + externalBytes);
    return courseOf(`${name}: heap of ${thread === 0 ? 'the main thread' : 'the slot'}`, bytes, heapToleratedBytes);
  });
}

function textOf({ what, secondQuarterBytes, lastQuarterBytes, slopeBytesPerMinute, isFlat }: Course): string {
  const mib = (bytes: number): string => (bytes / 1_048_576).toFixed(1);
  return (
    `${what}: median ${mib(secondQuarterBytes)} MiB in the second quarter, ${mib(lastQuarterBytes)} in the last, ` +
    `slope ${mib(slopeBytesPerMinute)} MiB/min${isFlat ? '' : ', GROWS'}`
  );
}
