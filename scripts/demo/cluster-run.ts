import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { committedBytes } from './committed.js';
import { compare } from './compare.js';
import { DemoCluster } from './demo-cluster.js';
import { writeInput } from './input.js';
import { type DemoOptions, type DemoOutcome, killMoments, progressLine, rateFor, withDeadline } from './plan.js';
import { RecoveryLog } from './recovery-log.js';

const job = 'flights';
const flightsJob = fileURLToPath(new URL('../../examples/flights.ts', import.meta.url));
const progressEveryMs = 250;
/** The survivors take over meanwhile: its next life would tell at once that the one before is over. */
const restartAfterMs = 1_000;

/** Runs the flights job on processes, kills the task managers that hold a keyed subtask, and compares the committed rows. */
export async function runClusterDemo({ folder, kills, seed, print }: DemoOptions): Promise<DemoOutcome> {
  const input = await writeInput(join(folder, 'input'));
  const output = join(folder, 'output');
  const rate = rateFor(input.records, kills);
  const log = new RecoveryLog();
  const story = new JobStory(log);
  const cluster = await DemoCluster.start(join(folder, 'store'), (line) => story.hear(line));
  print(`nats-server, one job manager, three task managers: ${input.records} real flights, ${rate} a second`);
  const timers: NodeJS.Timeout[] = [];
  const progress = setInterval(() => {
    void Promise.all([cluster.checkpoints(job), committedBytes(output)]).then(([checkpoints, bytes]) =>
      print(progressLine(log.state, checkpoints, bytes)),
    );
  }, progressEveryMs);
  try {
    await cluster.submit(flightsJob, ['--input', input.folder, '--rate', String(rate), '--output', output]);
    for (const [index, atMs] of killMoments(kills, seed).entries())
      timers.push(
        setTimeout(() => {
          const name = killOne(cluster, log, seed + index, print);
          if (name !== null) timers.push(setTimeout(() => cluster.startTaskManager(name), restartAfterMs));
        }, atMs),
      );
    await withDeadline(story.finished);
    log.checkpoints = await cluster.checkpoints(job);
  } finally {
    clearInterval(progress);
    for (const timer of timers) clearTimeout(timer);
    await cluster.stop();
  }
  print(log.text());
  const { rows, airports, differences } = await compare(input, output);
  print(`${rows} rows committed for ${airports} airports, compared with a plain computation over the files`);
  const summary = {
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

function killOne(cluster: DemoCluster, log: RecoveryLog, choice: number, print: (line: string) => void): string | null {
  const names = cluster.holding('mean-delay');
  const name = names[choice % names.length];
  if (name === undefined) return null;
  print(pc.yellow(`kill -9 of ${name}`));
  log.crashed(name, Date.now());
  cluster.kill(name);
  return name;
}

/** What the job manager says of the job, as states with the moments it gives them. */
class JobStory {
  readonly finished: Promise<void>;
  private resolve: () => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(private readonly log: RecoveryLog) {
    this.finished = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Where nobody waits yet a failure is not lost: whoever waits later gets it.
    this.finished.catch((error: unknown) => error);
  }

  hear(line: string): void {
    const match = /^(\S+) job flights (\w+)(.*)$/.exec(line);
    if (match === null) return;
    const [, moment = '', word = '', rest = ''] = match;
    if (word === 'ended') this.end(rest);
    else if (word !== 'waits') this.log.enter(word, Date.parse(moment));
  }

  private end(how: string): void {
    if (how === ': finished') this.resolve();
    else this.reject(new Error(`The job ended${how}`));
  }
}
