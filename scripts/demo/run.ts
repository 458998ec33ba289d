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
import { committedBytes } from './committed.js';
import { compare } from './compare.js';
import { writeInput } from './input.js';
import {
  type DemoOptions,
  type DemoOutcome,
  type DemoSummary,
  killMoments,
  progressLine,
  rateFor,
  withDeadline,
} from './plan.js';
import { RecoveryLog } from './recovery-log.js';

const progressEveryMs = 250;

/** Runs the flights job once, crashes the task manager that holds a keyed subtask, and compares the committed rows. */
export async function runDemo({ folder, kills, seed, print }: DemoOptions): Promise<DemoOutcome> {
  const input = await writeInput(join(folder, 'input'));
  const output = join(folder, 'output');
  const rate = rateFor(input.records, kills);
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
    () => void committedBytes(output).then((bytes) => print(progressLine(log.state, log.checkpoints, bytes))),
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
    detectionMs: log.detectionMs(),
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
  return killMoments(kills, seed).map((atMs, index) =>
    setTimeout(() => {
      const names = run.taskManagers();
      const name = names[(seed + index) % names.length];
      if (name === undefined) return;
      print(pc.yellow(`crash of ${name}`));
      log.crashed(name, performance.now());
      run.crashTaskManager(name);
    }, atMs),
  );
}
