import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildJob } from '../../src/api/job-definition.js';
import { engineModules } from '../../src/engine-modules.js';
import { bundleJob } from '../../src/runtime/code/bundle.js';
import { bundledCode } from '../../src/runtime/code/code-stores.js';
import { loadJob } from '../../src/runtime/code/load.js';
import type { EmbeddedRun } from '../../src/runtime/embedded.js';
import { startEmbedded } from '../../src/runtime/embedded.js';
import { CommittedRows } from './committed.js';
import { writeInput } from './input.js';
import type { LiveLine } from './live-line.js';
import { outcomeOf } from './outcome.js';
import { type DemoOptions, type DemoOutcome, killMoments, type Pace, rateFor, withDeadline } from './plan.js';
import { RecoveryLog } from './recovery-log.js';

const keyedVertex = 'mean-delay';
const progressEveryMs = 150;
const taskManagers = 2;
const pace: Pace = { firstKillMs: 1_500, killEveryMs: 1_500, afterLastKillMs: 2_500 };

/** Runs the flights job in one process, crashes its task managers one after the other, and compares the committed rows. */
export async function runEmbeddedDemo({ folder, kills, seed, live }: DemoOptions): Promise<DemoOutcome> {
  const input = await writeInput(join(folder, 'input'));
  const output = join(folder, 'output');
  const rate = rateFor(input.records, kills, pace);
  const params = ['--input', input.folder, '--rate', String(rate), '--output', output];
  const flightsJob = fileURLToPath(new URL('../../examples/flights.ts', import.meta.url));
  const bundle = await bundleJob(flightsJob, 'module', engineModules);
  const { graph } = buildJob(await loadJob(bundle, engineModules), params).program;
  live.say(
    `one process, one job manager, two task managers; ${input.records.toLocaleString('en-US')} real flights, ${rate} a second`,
  );
  const log = new RecoveryLog();
  const run = startEmbedded({
    record: { format: 1, job: graph.name, graph, code: bundle.key, params },
    code: bundledCode(bundle, engineModules),
    client: { line: (line) => live.say(line), deliver: () => undefined },
    taskManagers,
    checkpoints: join(folder, 'checkpoints'),
    onTrace: (record) => log.trace(record),
    onTaskTrace: ({ what, subtask, atMs }) => {
      if (what === 'firstRecord') log.firstRecord(subtask, atMs);
    },
  });
  const timers = crashTimers(run, log, kills, seed, live);
  const rows = new CommittedRows(output);
  const show = async (): Promise<void> => {
    const committed = await rows.count();
    const members = { alive: run.taskManagers().length, of: taskManagers };
    const { state, checkpoints } = log;
    live.show({ state, committed, records: input.records, checkpoints, taskManagers: members });
  };
  const progress = setInterval(() => void show(), progressEveryMs);
  try {
    const result = await withDeadline(run.result);
    if (result.outcome !== 'finished')
      throw new Error(`The job ${result.outcome}: ${result.failure?.message ?? 'no reason given'}`);
  } finally {
    clearInterval(progress);
    live.end();
    for (const timer of timers) clearTimeout(timer);
    await run.stop();
  }
  return outcomeOf(log, input, output, live);
}

function crashTimers(
  run: EmbeddedRun,
  log: RecoveryLog,
  kills: number,
  seed: number,
  live: LiveLine,
): NodeJS.Timeout[] {
  return killMoments(kills, seed, pace).map((atMs, index) =>
    setTimeout(() => {
      const names = run.taskManagers();
      const name = names[(seed + index) % names.length];
      if (name === undefined) return;
      live.warn(`crash of ${name}`);
      // Each of the two holds one of the two.
      log.killed(name, [`${keyedVertex}#0`, `${keyedVertex}#1`], performance.now());
      run.crashTaskManager(name);
    }, atMs),
  );
}
