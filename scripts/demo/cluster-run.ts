import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommittedRows } from './committed.js';
import { DemoCluster } from './demo-cluster.js';
import { writeInput } from './input.js';
import { JobStory } from './job-story.js';
import { Killer } from './killer.js';
import type { LiveLine } from './live-line.js';
import { outcomeOf } from './outcome.js';
import { type DemoOptions, type DemoOutcome, killMoments, type Pace, rateFor, withDeadline } from './plan.js';
import { RecoveryLog } from './recovery-log.js';
import { Rescaler } from './rescaler.js';

const job = 'flights';
const keyedVertex = 'mean-delay';
const flightsJob = fileURLToPath(new URL('../../examples/flights.ts', import.meta.url));
const progressEveryMs = 150;
const firstRescaleMs = 2_000;
const rescaleEveryMs = 3_500;
/** Between two kills the killed process comes back. */
const pace: Pace = { firstKillMs: 1_500, killEveryMs: 4_000, afterLastKillMs: 4_000 };

/** Runs the flights job on processes, kills the task managers that hold a keyed subtask, and compares the committed rows. */
export async function runClusterDemo({ folder, kills, seed, rescales, live }: DemoOptions): Promise<DemoOutcome> {
  const input = await writeInput(join(folder, 'input'));
  const output = join(folder, 'output');
  const rate = rateFor(input.records, kills + rescales.length, pace);
  const log = new RecoveryLog();
  const story = new JobStory(job, log, live);
  const say = (line: string): void => live.say(line);
  const ears = {
    jobManager: (line: string) => story.jobManager(line),
    taskManager: (line: string) => story.taskManager(line),
  };
  const cluster = await DemoCluster.start(join(folder, 'store'), say, ears, rescales.length > 0 ? 2 : 1);
  live.say(`${cluster.text}; ${input.records.toLocaleString('en-US')} real flights, ${rate} a second`);
  const plan = { moments: killMoments(kills, seed, pace), seed, vertex: keyedVertex };
  const killer = new Killer(cluster, log, plan, live);
  const rescaler = new Rescaler(cluster, log, job, live);
  const endProgress = showProgress(live, cluster, log, input.records, new CommittedRows(output));
  try {
    await cluster.submit(flightsJob, ['--input', input.folder, '--rate', String(rate), '--output', output]);
    await withDeadline(story.running);
    killer.start();
    const rescaled = rescaler.run(rescales.map((to, index) => ({ atMs: firstRescaleMs + index * rescaleEveryMs, to })));
    await withDeadline(Promise.all([story.finished, rescaled]));
    log.checkpoints = await cluster.checkpoints(job);
  } finally {
    killer.stop();
    rescaler.stop();
    await endProgress();
    await cluster.stop();
  }
  return outcomeOf(log, input, output, live);
}

/** Shows how things stand, again and again, until what it returns is called. */
function showProgress(
  live: LiveLine,
  cluster: DemoCluster,
  log: RecoveryLog,
  records: number,
  rows: CommittedRows,
): () => Promise<void> {
  let shown: Promise<void> | null = null;
  const show = async (): Promise<void> => {
    const [committed, checkpoints] = [await rows.count(), await cluster.checkpoints(job)];
    const taskManagers = { alive: cluster.alive, of: cluster.size };
    live.show({ state: log.state, committed, records, checkpoints, taskManagers });
    shown = null;
  };
  const timer = setInterval(() => {
    shown ??= show();
  }, progressEveryMs);
  return async () => {
    clearInterval(timer);
    await shown;
    live.end();
  };
}
