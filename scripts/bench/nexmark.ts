import { fileURLToPath } from 'node:url';
import type { Split } from '../../actors/protocol/manifest.js';
import { NexmarkGenerator } from '../../examples/nexmark/generator/nexmark-generator.js';
import type { Event } from '../../examples/nexmark/model.js';
import * as closedAuctions from '../../examples/nexmark/reference/closed-auctions.js';
import * as joins from '../../examples/nexmark/reference/joins.js';
import * as stateless from '../../examples/nexmark/reference/stateless.js';
import * as updates from '../../examples/nexmark/reference/updates.js';
import * as windows from '../../examples/nexmark/reference/windows.js';
import { buildJob } from '../../src/api/job-definition.js';
import { engineModules } from '../../src/engine-modules.js';
import type { JobProgram } from '../../src/graph/job-program.js';
import { bundleJob } from '../../src/runtime/code/bundle.js';
import { loadJob } from '../../src/runtime/code/load.js';
import { nodeFiles } from '../../src/runtime/world/files.js';
import { nodeOffload } from '../../src/runtime/world/offload.js';
import { type Measurement, measure } from './measure.js';
import { million, type Outcome } from './outcome.js';
import { runJob } from './run-job.js';

type PlainLoop = (events: Iterable<Event>, emit: (row: unknown) => void) => void;

/** Every query with the loop that does the same without an engine. */
const plainLoops = {
  ...stateless,
  ...joins,
  ...closedAuctions,
  ...windows,
  ...updates,
} as const satisfies Readonly<Record<string, PlainLoop>>;

const inOrder = Object.entries(plainLoops).sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)));

/**
 * The queries of NEXMark on heap state in one slot, generator included: events a second, beside the generator alone and beside the
 * plain loop of the same query over the same generator. 10,000 events are a second of event time, as NEXMark has it.
 */
export async function nexmark(events: number, repetitions: number): Promise<Outcome> {
  const generator = new NexmarkGenerator();
  const measurements: Measurement[] = [];
  let [rows, generatorMs] = [0, Number.POSITIVE_INFINITY];
  const timed = (work: () => void): number => {
    const startedMs = performance.now();
    work();
    return performance.now() - startedMs;
  };
  for (const [name, plainLoop] of inOrder) {
    for (let time = 0; time <= repetitions; time += 1)
      generatorMs = Math.min(
        generatorMs,
        timed(() => drain(generator, events)),
      );
    const program = await programOf(name, events);
    const splits = await splitsOf(program);
    const benchmark = {
      name,
      floorRecordsPerSecond: null,
      records: events,
      engine: () => runJob(program, () => splits),
      plainLoop: () =>
        plainLoop(generator.events(events), () => {
          rows += 1;
        }),
    };
    measurements.push(await measure(benchmark, repetitions));
  }
  if (rows === 0) throw new Error('the plain loops gave no row');
  const generatorEventsPerSecond = Math.round((events * 1_000) / generatorMs);
  return {
    name: 'nexmark',
    lines: [
      `nexmark: ${events.toLocaleString('en-US')} events of ${events / 10_000} s; the generator alone makes ${million(generatorEventsPerSecond)}`,
      ...measurements.map((each) => lineOf(each, generatorEventsPerSecond)),
    ],
    measured: { events, generatorEventsPerSecond, measurements },
    misses: [],
  };
}

function lineOf({ name, recordsPerSecond, plainLoopRecordsPerSecond, ratio }: Measurement, generator: number): string {
  const ofGenerator = (recordsPerSecond / generator).toFixed(3);
  return `nexmark ${name}: ${million(recordsPerSecond)}, a plain loop ${million(plainLoopRecordsPerSecond)}, ratio ${ratio}; to the generator alone ${ofGenerator}`;
}

function drain(generator: NexmarkGenerator, events: number): void {
  let newest = 0;
  for (const { dateTime } of generator.events(events)) newest = Math.max(newest, dateTime);
  if (newest === 0) throw new Error('the generator made nothing');
}

/** The job as it stands in its file, with rows that are computed and dropped. */
async function programOf(name: string, events: number): Promise<JobProgram> {
  const path = fileURLToPath(new URL(`../../examples/nexmark/${name}.ts`, import.meta.url));
  const job = await loadJob(await bundleJob(path, 'module', engineModules), engineModules);
  return buildJob(job, ['--events', String(events), '--output', 'none']).program;
}

function splitsOf({ vertices }: JobProgram): Promise<readonly Split[]> {
  const source = [...vertices.values()].find((vertex) => vertex.source !== null)?.source?.source;
  return new Promise((resolve, reject) => {
    if (source === undefined) return reject(new Error('the job has no source'));
    source.discover({ files: nodeFiles, offload: nodeOffload }, (found) => {
      if (found.ok) resolve(found.splits);
      else reject(new Error(found.failure.message));
    });
  });
}
