import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommittedRows } from './committed.js';
import { compare } from './compare.js';
import { DemoCluster } from './demo-cluster.js';
import { type Input, writeInput } from './input.js';
import { JobStory } from './job-story.js';
import type { LiveLine } from './live-line.js';
import { withDeadline } from './plan.js';
import { RecoveryLog } from './recovery-log.js';
import { showProgress } from './show-progress.js';

export interface StopResumeOptions {
  /** An empty folder for input, checkpoints and output. */
  readonly folder: string;
  /** Where the second job keeps its state, as `--state-backend` names it. The first one keeps it in memory. */
  readonly backend: string;
  readonly live: LiveLine;
}

/** The last line of this demo, for programs. */
export interface StopResumeSummary {
  readonly records: number;
  /** How many were committed when the first job had ended with its savepoint; the second has begun behind them. */
  readonly committedAtStop: number;
  readonly parallelism: { readonly before: number; readonly after: number };
  readonly backend: { readonly before: string; readonly after: string };
  readonly savepointBytes: number;
  /** From the command to its answer: the savepoint is there, and the job over. */
  readonly stopMs: number;
  /** From the submission to the first record that the second job has processed. */
  readonly resumeMs: number;
  readonly checkpoints: number;
  readonly exactlyOnce: boolean;
}

export interface StopResumeOutcome {
  readonly summary: StopResumeSummary;
  readonly differences: readonly string[];
}

const flightsJob = fileURLToPath(new URL('../../examples/flights.ts', import.meta.url));
const first = 'flights';
const second = 'flights-2';
const savepoint = 'halfway';
const parallelism = { before: 2, after: 3 };
const backendBefore = 'heap';
/** A second: slow enough that the first is far from its end when its stop comes. */
const rates = { before: 2_000, after: 5_000 };
const stopAfterShare = 0.25;
const lookEveryMs = 50;

/** Stops the flights on a cluster of processes with a savepoint, in their midst, and goes on from it with one more of each subtask. */
export async function runStopResumeDemo({ folder, backend, live }: StopResumeOptions): Promise<StopResumeOutcome> {
  const input = await writeInput(join(folder, 'input'));
  const output = join(folder, 'output');
  const log = new RecoveryLog();
  let story = new JobStory(first, log, live);
  const cluster = await DemoCluster.start(join(folder, 'store'), (line) => live.say(line), {
    jobManager: (line) => story.jobManager(line),
    taskManager: (line) => story.taskManager(line),
  });
  live.say(`${cluster.text}; ${input.records.toLocaleString('en-US')} real flights, ${rates.before} a second`);
  const rows = new CommittedRows(output);
  const parameters = (which: 'before' | 'after'): readonly string[] => {
    const rate = ['--rate', String(rates[which]), '--parallelism', String(parallelism[which])];
    return ['--input', input.folder, '--output', output, ...rate];
  };
  const shown = { job: first };
  const endProgress = showProgress(live, { cluster, log, rows, records: input.records, shown });
  try {
    await cluster.submit(flightsJob, parameters('before'), ['--state-backend', backendBefore]);
    await withDeadline(story.running);
    await withDeadline(enough(rows, input));
    live.warn(`weir stop ${first} --savepoint --to ${savepoint}`);
    const stopMs = await took(() => cluster.stopWithSavepoint(first, savepoint));
    await withDeadline(story.finished);
    const committedAtStop = await rows.count();
    const savepointBytes = await cluster.savepointBytes(savepoint);
    const held = `${committedAtStop.toLocaleString('en-US')} of ${input.records.toLocaleString('en-US')} are committed`;
    live.say(
      `${first} has ended with savepoint ${savepoint}, ${savepointBytes.toLocaleString('en-US')} bytes; ${held}`,
    );
    const before = await cluster.checkpoints(first);
    story = new JobStory(second, log, live);
    shown.job = second;
    const options = ['--job-id', second, '--from', savepoint, '--state-backend', backend];
    live.warn(`weir submit … ${options.join(' ')}, at parallelism ${parallelism.after}`);
    const running = story.running;
    const resumeMs = await took(async () => {
      await cluster.submit(flightsJob, parameters('after'), options);
      await withDeadline(running);
    });
    live.good(`first new record after ${resumeMs} ms`);
    await withDeadline(story.finished);
    const checkpoints = before + (await cluster.checkpoints(second));
    await endProgress();
    return await outcome(input, output, live, {
      committedAtStop,
      parallelism,
      backend: { before: backendBefore, after: backend },
      savepointBytes,
      stopMs,
      resumeMs,
      checkpoints,
    });
  } finally {
    await endProgress();
    await cluster.stop();
  }
}

async function outcome(
  input: Input,
  output: string,
  live: LiveLine,
  measured: Omit<StopResumeSummary, 'records' | 'exactlyOnce'>,
): Promise<StopResumeOutcome> {
  const { rows, airports, differences } = await compare(input, output);
  live.say(`${rows.toLocaleString('en-US')} rows committed for ${airports} airports, by both jobs, compared as one`);
  const { records } = input;
  return { summary: { records, ...measured, exactlyOnce: differences.length === 0 }, differences };
}

/** Settles when so much is committed that the job is in the midst of it. */
async function enough(rows: CommittedRows, { records }: Input): Promise<void> {
  while ((await rows.count()) < records * stopAfterShare)
    await new Promise<void>((resolve) => {
      setTimeout(resolve, lookEveryMs);
    });
}

async function took(work: () => Promise<void>): Promise<number> {
  const sinceMs = performance.now();
  await work();
  return Math.round(performance.now() - sinceMs);
}

/** The last line of this demo, for people. */
export function stopResumeText({ summary }: StopResumeOutcome): string {
  const { records, committedAtStop, parallelism: width, backend, stopMs, resumeMs, exactlyOnce } = summary;
  const where = backend.before === backend.after ? '' : `, state from ${backend.before} to ${backend.after}`;
  return [
    `${records.toLocaleString('en-US')} flights, stopped at ${committedAtStop.toLocaleString('en-US')} within ${stopMs} ms`,
    `resumed at parallelism ${width.after} instead of ${width.before}${where}`,
    `first new record after ${resumeMs} ms: ${exactlyOnce ? 'exactly once' : 'NOT exactly once'}`,
  ].join(', ');
}
