import pc from 'picocolors';
import { within } from '../demo/deadline.js';
import { ChaosCluster } from './chaos-cluster.js';
import { Injection } from './injection.js';
import { drawPlan, faultText } from './plan.js';
import { storyIn } from './story.js';
import type { ChaosSummary } from './summary.js';
import { Turns } from './turns.js';
import { Workload } from './workload.js';

export interface ChaosOptions {
  /** An empty folder for input, stores, output and the logs of all processes. */
  readonly folder: string;
  readonly minutes: number;
  readonly seed: number;
  /** From the beginning of one fault to that of the next, on average. */
  readonly gapMs: number;
  readonly store: 'folder' | 'nats';
  readonly print: (line: string) => void;
}

export interface ChaosOutcome {
  readonly summary: ChaosSummary;
  /** In words: what is committed and should not be, or the other way round, and processes that ended by themselves. */
  readonly wrong: readonly string[];
}

const recordsPerMinute = 120_000;
/** The rest of the time is for what the jobs could not do during the faults. */
const faultsShare = 0.6;
const progressEveryMs = 10_000;
const startedWithinMs = 60_000;
/** Beyond the time that the rest of the input takes at its rate. */
const endedWithinMs = 60_000;

/**
 * Runs two jobs on processes under a plan of faults, until their input is used up, and holds what they commit against plain code.
 * Rejects when a job fails, or has not ended in time after the last fault; the folder has the logs then.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const { folder, minutes, seed, store, print } = options;
  const faultsMs = minutes * 60_000 * faultsShare;
  const plan = drawPlan(seed, faultsMs, options.gapMs);
  const records = Math.ceil(recordsPerMinute * minutes);
  const tell = storyIn(folder, print);
  const workload = new Workload({ folder, records, lastsMs: faultsMs, recovered: tell });
  const ended: string[] = [];
  const cluster = await ChaosCluster.start({
    folder,
    store,
    heard: (line) => workload.hear(line),
    endedItself: (name, code, lastLines) => {
      const text = `${name} ended by itself with code ${code}: ${lastLines.join(' | ')}`;
      tell(text, pc.red);
      ended.push(text);
      if (name === 'jm') workload.orphaned(Date.now());
    },
  });
  let healed = false;
  const turns = new Turns(async () => {
    tell(await workload.progress());
    if (healed) await workload.askFor(cluster);
  });
  try {
    await workload.submit(cluster);
    await within(workload.running(), startedWithinMs, 'The jobs do not run');
    tell(`${records} records in two jobs, ${plan.length} faults to come`);
    const injection = new Injection(cluster, plan, (fault) => {
      tell(faultText(fault), pc.yellow);
      if (fault.kind === 'killJobManager' || (fault.kind === 'replace' && fault.target === 'jm'))
        workload.orphaned(Date.now());
    });
    turns.begin(progressEveryMs);
    let afterHealingMs: number;
    try {
      // A job that fails ends the run at once, and not when the last fault is over.
      await Promise.race([injection.healed, workload.ended().then(() => injection.healed), turns.failed]);
      const healedMs = performance.now();
      healed = true;
      const progress = await workload.progress();
      tell(`all faults are over: ${progress}; the rest takes ${(workload.restMs / 1_000).toFixed(0)} s`);
      const finished = Promise.race([workload.ended(), turns.failed]);
      await within(finished, workload.restMs + endedWithinMs, 'The jobs have not ended');
      afterHealingMs = Math.round(performance.now() - healedMs);
    } finally {
      injection.stop();
    }
    const checkpoints = await Promise.all(workload.jobs.map(({ check }) => cluster.checkpoints(check.job)));
    await cluster.stop();
    const differences = (await Promise.all(workload.jobs.map(({ check }) => check.differences()))).flat();
    const hidden = await Promise.all(workload.jobs.map(({ check }) => check.parts.hidden()));
    const recoveries = workload.jobs.flatMap(({ history }) => history.slowestRecoveryMs ?? []);
    const summary: ChaosSummary = {
      seed,
      records,
      faults: injection.faults,
      faultsByKind: injection.done,
      restarts: workload.jobs.reduce((sum, { history }) => sum + history.restarts, 0),
      checkpoints: checkpoints.reduce((sum, count) => sum + count, 0),
      slowestRecoveryMs: recoveries.length === 0 ? null : Math.max(...recoveries),
      afterHealingMs,
      hiddenLeft: hidden.flat().length,
      endedThemselves: ended.length,
      exactlyOnce: differences.length === 0,
    };
    return { summary, wrong: [...differences, ...ended] };
  } finally {
    turns.end();
    await cluster.stop();
  }
}
