import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { engineModules, engineUrl } from '../../src/engine-modules.js';
import type { TaskTrace, TraceRecord } from '../../src/ports/telemetry.js';
import { bundledCode } from '../../src/runtime/code/code-stores.js';
import { type EmbeddedOptions, type EmbeddedRun, startEmbedded } from '../../src/runtime/embedded.js';
import { realUntil } from '../contracts/until.js';
import { type BundledJob, bundledJob, LivingThreads, temporaryFolder } from './worker-stage.js';

interface Observed {
  readonly run: EmbeddedRun;
  readonly lines: string[];
  /** What was collected, each delivery once. */
  readonly collected: unknown[];
  readonly steps: TraceRecord[];
  readonly traces: TaskTrace[];
}

function startInThreads({ bundle, record }: BundledJob, options: Partial<EmbeddedOptions> = {}): Observed {
  const [lines, collected, steps, traces]: [string[], unknown[], TraceRecord[], TaskTrace[]] = [[], [], [], []];
  const delivered = new Set<string>();
  const run = startEmbedded({
    record,
    code: bundledCode(bundle, engineModules),
    threads: { bundle, engine: engineUrl },
    client: {
      line: (text) => lines.push(text),
      deliver: (_collection, id, values) => {
        if (!delivered.has(id)) collected.push(...values);
        delivered.add(id);
      },
    },
    onTrace: (step) => steps.push(step),
    onTaskTrace: (trace) => traces.push(trace),
    ...options,
  });
  onTestFinished(() => run.stop());
  return { run, lines, collected, steps, traces };
}

const keys = 7;
const recordsPerKey = 2_000;

/** Counts per key, and collects every count: each must come once. */
const counting = (ratePerSecond: number | null): string => `import { defineJob, fixedDelay } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';
export default defineJob('counting', (env) => {
  env.setParallelism(2).enableCheckpointing({ intervalMs: 50 }).setRestartStrategy(fixedDelay({ attempts: 3, delayMs: 1 }));
  const generate = (index) => ({ key: 'key ' + (index % ${keys}), count: 1 });
  env
    .fromSource(generatorSource({ count: ${keys * recordsPerKey}, ${ratePerSecond === null ? '' : `ratePerSecond: ${ratePerSecond}, `}generate }), { uid: 'numbers' })
    .keyBy(({ key }) => key)
    .reduce((a, b) => ({ key: a.key, count: a.count + b.count }))
    .uid('counts')
    .collect('counts');
});
`;

const everyCount = Array.from({ length: keys * recordsPerKey }, (_, index) => {
  return JSON.stringify({ key: `key ${index % keys}`, count: Math.floor(index / keys) + 1 });
}).sort();

const sorted = (values: readonly unknown[]): readonly string[] => values.map((value) => JSON.stringify(value)).sort();

describe('a job over two slots in threads', () => {
  it('flights: commits every flight once, and each airport is counted without a gap', async () => {
    const path = fileURLToPath(new URL('../../examples/flights.ts', import.meta.url));
    const input = fileURLToPath(new URL('../../node_modules/vega-datasets/data/flights-20k.json', import.meta.url));
    const output = join(temporaryFolder(), 'output');
    const job = await bundledJob(readFileSync(path, 'utf8'), ['--input', input, '--output', output]);
    const { run, traces } = startInThreads(job, { checkpoints: temporaryFolder() });
    expect(await run.result).toMatchObject({ outcome: 'finished', failure: null });
    const parts = readdirSync(output).filter((name) => name.startsWith('part-'));
    const rows = parts.flatMap((name) => readFileSync(join(output, name), 'utf8').trimEnd().split('\n'));
    const counts = new Map<string, number[]>();
    for (const row of rows) {
      const { origin, count } = JSON.parse(row) as { origin: string; count: number };
      counts.set(origin, [...(counts.get(origin) ?? []), count]);
    }
    const expected = new Map<string, number>();
    for (const { origin } of JSON.parse(readFileSync(input, 'utf8')) as { origin: string }[]) {
      expected.set(origin, (expected.get(origin) ?? 0) + 1);
    }
    expect(rows).toHaveLength(20_000);
    expect(new Set(parts.map((name) => name.split('-')[2]))).toEqual(new Set(['0', '1']));
    for (const [origin, count] of expected) {
      expect(counts.get(origin)?.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    }
    expect(traces.some(({ what }) => what === 'drained')).toBe(true);
  });

  it.each([
    ['in memory, through the main thread', false],
    ['in a folder, from each thread', true],
  ])('goes on from checkpoints %s, when a task manager crashes', async (_where, inFolder) => {
    const job = await bundledJob(counting(7_000));
    const checkpoints = inFolder ? temporaryFolder() : null;
    // Two task managers of one slot each: frames go from a thread of one to a thread of the other.
    const { run, collected, steps } = startInThreads(job, { checkpoints, taskManagers: 2 });
    await realUntil(() => collected.length > 1_000);
    run.crashTaskManager('tm-1');
    expect(await run.result).toMatchObject({ outcome: 'finished', failure: null });
    expect(steps.some(({ toState }) => toState === 'restoringState')).toBe(true);
    expect(sorted(collected)).toEqual(everyCount);
  });

  it('a thread that dies is noticed, and the job goes on from its checkpoint', async () => {
    const folder = temporaryFolder();
    const dying = counting(7_000).replace(
      '.collect(',
      `.map((value) => { if (value.count === 500 && !existsSync(once)) { writeFileSync(once, ''); process.exit(1); } return value; }).collect(`,
    );
    const text = `import { existsSync, writeFileSync } from 'node:fs';
const once = ${JSON.stringify(join(folder, 'once'))};
${dying}`;
    const { run, collected, steps } = startInThreads(await bundledJob(text));
    expect(await run.result).toMatchObject({ outcome: 'finished', failure: null });
    expect(existsSync(join(folder, 'once'))).toBe(true);
    expect(steps.some(({ message }) => message.type === 'task.failed')).toBe(true);
    expect(sorted(collected)).toEqual(everyCount);
  });

  it('code that never returns in one slot stops no heartbeat, and is ended by a cancel', async () => {
    const threads = new LivingThreads();
    const marker = join(temporaryFolder(), 'hangs');
    const hanging = counting(null).replace(
      '.collect(',
      `.map((value) => { if (value.count === 100) { writeFileSync(${JSON.stringify(marker)}, ''); for (;;); } return value; }).collect(`,
    );
    const text = `import { writeFileSync } from 'node:fs';\n${hanging}`;
    const cluster = { heartbeatIntervalMs: 20, heartbeatTimeoutMs: 2_000, cancelTimeoutMs: 100 };
    const { run, steps } = startInThreads(await bundledJob(text), { cluster });
    await realUntil(() => existsSync(marker));
    const beats = (): number => steps.filter(({ message }) => message.type === 'taskManager.heartbeat').length;
    const before = beats();
    await realUntil(() => beats() >= before + 20);
    run.cancel();
    expect(await run.result).toMatchObject({ outcome: 'canceled' });
    expect(steps.some(({ message }) => message.type === 'heartbeat.lost')).toBe(false);
    await realUntil(() => threads.count === 0);
  });

  it('leaves no thread behind, however often it is run', async () => {
    const threads = new LivingThreads();
    const job = await bundledJob(counting(null));
    for (let round = 1; round <= 5; round++) {
      const { run, collected } = startInThreads(job);
      expect(await run.result).toMatchObject({ outcome: 'finished' });
      expect(sorted(collected)).toEqual(everyCount);
      await run.stop();
      expect(threads.count).toBe(0);
    }
    expect(threads.started).toBe(10);
  });
});
