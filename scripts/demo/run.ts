import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { buildJob } from '../../src/api/job-definition.js';
import { engineModules } from '../../src/engine-modules.js';
import { bundleJob } from '../../src/runtime/code/bundle.js';
import { bundledCode } from '../../src/runtime/code/code-stores.js';
import { loadJob } from '../../src/runtime/code/load.js';
import type { EmbeddedRun } from '../../src/runtime/embedded.js';
import { startEmbedded } from '../../src/runtime/embedded.js';
import { compare } from './compare.js';
import { writeInput } from './input.js';
import { RecoveryLog } from './recovery-log.js';

export interface DemoOptions {
  /** An empty folder for input, checkpoints and output. */
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
  readonly print: (line: string) => void;
}

export interface DemoSummary {
  readonly records: number;
  readonly kills: number;
  readonly restarts: number;
  readonly recoveryMs: number | null;
  readonly checkpoints: number;
  readonly exactlyOnce: boolean;
}

const firstKillMs = 1_500;
const killEveryMs = 1_500;
const afterLastKillMs = 2_500;
const progressEveryMs = 250;
const deadlineMs = 120_000;

/** Runs the flights job once, crashes the task manager that holds a keyed subtask, and compares the committed rows. */
export async function runDemo({
  folder,
  kills,
  seed,
  print,
}: DemoOptions): Promise<{ readonly summary: DemoSummary; readonly differences: readonly string[] }> {
  const input = await writeInput(join(folder, 'input'));
  const output = join(folder, 'output');
  const lastsMs = firstKillMs + Math.max(0, kills - 1) * killEveryMs + afterLastKillMs;
  const rate = Math.ceil((input.records * 1_000) / lastsMs);
  const params = ['--input', input.folder, '--rate', String(rate), '--output', output];
  const bundle = await bundleJob(
    fileURLToPath(new URL('../../examples/flights.ts', import.meta.url)),
    'module',
    engineModules,
  );
  const { graph } = buildJob(await loadJob(bundle, engineModules), params).program;
  print(
    `${input.records} real flights in ${input.flights.size} files, ${rate} a second, checkpoints every ${graph.options.checkpointIntervalMs} ms`,
  );
  const log = new RecoveryLog();
  const run = startEmbedded({
    record: { format: 1, job: graph.name, graph, code: bundle.key, params },
    code: bundledCode(bundle, engineModules),
    client: { line: print, deliver: () => undefined },
    taskManagers: 2,
    checkpoints: join(folder, 'checkpoints'),
    onTrace: (record) => log.trace(record),
  });
  const timers = crashTimers(run, log, kills, seed, print);
  const progress = setInterval(
    () => void committed(output).then((bytes) => print(progressLine(log, bytes))),
    progressEveryMs,
  );
  try {
    const result = await withDeadline(run.result);
    if (result.outcome !== 'finished')
      throw new Error(`The job ${result.outcome}: ${result.failure?.message ?? 'no reason given'}`);
  } finally {
    clearInterval(progress);
    for (const timer of timers) clearTimeout(timer);
    await run.stop();
  }
  print(log.text());
  const { rows, airports, differences } = await compare(input, output);
  print(`${rows} rows committed for ${airports} airports, compared with a plain computation over the files`);
  const summary: DemoSummary = {
    records: input.records,
    kills: log.recoveries.length,
    restarts: log.restarts,
    recoveryMs: log.recoveryMs(),
    checkpoints: log.checkpoints,
    exactlyOnce: differences.length === 0,
  };
  return { summary, differences };
}

function crashTimers(
  run: EmbeddedRun,
  log: RecoveryLog,
  kills: number,
  seed: number,
  print: (line: string) => void,
): NodeJS.Timeout[] {
  return Array.from({ length: kills }, (_, index) =>
    setTimeout(
      () => {
        const names = run.taskManagers();
        const name = names[(seed + index) % names.length];
        if (name === undefined) return;
        print(pc.yellow(`crash of ${name}`));
        log.crashed(name, performance.now());
        run.crashTaskManager(name);
      },
      firstKillMs + index * killEveryMs + ((seed * 7_919 + index * 104_729) % 400),
    ),
  );
}

async function committed(output: string): Promise<number> {
  const names = await readdir(output).catch(() => [] as string[]);
  const sizes = await Promise.all(
    names.filter((name) => name.startsWith('part-')).map(async (name) => (await stat(join(output, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function progressLine(log: RecoveryLog, bytes: number): string {
  return `${log.state.padEnd(20)} ${String(log.checkpoints).padStart(3)} checkpoints  ${(bytes / 1_000).toFixed(0).padStart(6)} kB committed`;
}

async function withDeadline<T>(result: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The demo has not ended within ${deadlineMs / 1_000} s.`)), deadlineMs);
  });
  try {
    return await Promise.race([result, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
