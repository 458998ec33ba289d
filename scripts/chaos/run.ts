import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { ChaosCluster } from './chaos-cluster.js';
import { CommittedParts } from './committed-parts.js';
import { withDeadline } from './deadline.js';
import { Injection } from './injection.js';
import { ledgerCheck, readingsCheck } from './job-check.js';
import { JobHistory } from './job-history.js';
import { drawPlan, type FaultKind, faultText } from './plan.js';
import { readingOf } from './records.js';

export interface ChaosOptions {
  /** An empty folder for input, stores, output and the logs of all processes. */
  readonly folder: string;
  readonly minutes: number;
  readonly seed: number;
  readonly store: 'folder' | 'nats';
  readonly print: (line: string) => void;
}

export interface ChaosSummary {
  readonly seed: number;
  readonly records: number;
  readonly faults: number;
  readonly faultsByKind: Readonly<Record<FaultKind, number>>;
  /** How often a job came back to work, both jobs together. */
  readonly restarts: number;
  /** Of both jobs together. */
  readonly checkpoints: number;
  /** From leaving its work to being back at it, of the job and fault that took longest. */
  readonly slowestRecoveryMs: number | null;
  /** From the end of the last fault to the end of the jobs. */
  readonly afterHealingMs: number;
  /** Files in progress or pending that nobody cleared away. Readers pass over them. */
  readonly hiddenLeft: number;
  readonly exactlyOnce: boolean;
}

export interface ChaosOutcome {
  readonly summary: ChaosSummary;
  /** At most a few, in words; empty when all is as it must be. */
  readonly differences: readonly string[];
}

const jobPath = (name: string): string => fileURLToPath(new URL(`./jobs/${name}.ts`, import.meta.url));

const recordsPerMinute = 120_000;
/** Of each three records two are entries, the rest readings. */
const entriesShare = 2 / 3;
/** The rest of the time is for what the jobs could not do during the faults. */
const faultsShare = 0.7;
const readingFiles = 8;
const progressEveryMs = 10_000;
const startedWithinMs = 60_000;
/** Beyond the time that the rest of the input takes at its rate. */
const endedWithinMs = 60_000;

/**
 * Runs two jobs on processes under a plan of faults, until their input is used up, and holds what they commit against plain code.
 * Rejects when a job has not ended in time after the last fault; the folder has the logs then.
 */
export async function runChaos({ folder, minutes, seed, store, print }: ChaosOptions): Promise<ChaosOutcome> {
  const faultsMs = minutes * 60_000 * faultsShare;
  const plan = drawPlan(seed, faultsMs);
  const records = Math.ceil(recordsPerMinute * minutes);
  const entries = Math.round(records * entriesShare);
  const checks = [
    ledgerCheck(entries, new CommittedParts(join(folder, 'ledger'))),
    readingsCheck(records - entries, new CommittedParts(join(folder, 'readings'))),
  ] as const;
  const histories = checks.map(({ job }) => new JobHistory(job));
  mkdirSync(folder, { recursive: true });
  const log = createWriteStream(join(folder, 'chaos.log'));
  const begunMs = performance.now();
  const tell = (text: string, paint = (plain: string): string => plain): void => {
    const line = `${((performance.now() - begunMs) / 1_000).toFixed(1).padStart(6)} s  ${text}`;
    log.write(`${new Date().toISOString()} ${line}\n`);
    print(paint(line));
  };
  const differences: string[] = [];
  const cluster = await ChaosCluster.start({
    folder,
    store,
    heard: (line) => {
      for (const history of histories) history.hear(line);
    },
    endedItself: (name, code, lastLines) => {
      tell(`${name} ended by itself with code ${code}: ${lastLines.join(' | ')}`, pc.red);
      differences.push(`${name} ended by itself with code ${code}: ${lastLines.join(' | ')}`);
    },
  });
  let injection: Injection | null = null;
  const progress = setInterval(() => {
    void advance();
  }, progressEveryMs);
  const advance = async (): Promise<void> => {
    for (const check of checks) await check.advance();
    const texts = checks.map(({ job, committed }, i) => `${job} ${histories[i]?.state}, ${committed} committed`);
    tell(texts.join('; '));
  };
  try {
    writeReadings(join(folder, 'readings-in'), records - entries);
    const [ledger, readings] = checks;
    const rateOf = (count: number): string => String(Math.ceil((count * 1_000) / faultsMs));
    const ledgerParams = ['--count', String(ledger.records), '--rate', rateOf(ledger.records)];
    const readingsParams = ['--input', join(folder, 'readings-in'), '--rate', rateOf(readings.records)];
    await cluster.submit(jobPath('ledger'), [...ledgerParams, '--output', ledger.parts.folder]);
    await cluster.submit(jobPath('readings'), [...readingsParams, '--output', readings.parts.folder]);
    await withDeadline(Promise.all(histories.map(({ running }) => running)), startedWithinMs, 'The jobs do not run');
    tell(`${records} records in two jobs, ${plan.length} faults to come`);
    injection = new Injection(cluster, plan, (fault) => {
      tell(faultText(fault), pc.yellow);
      if (fault.kind === 'killJobManager') for (const history of histories) history.orphaned(Date.now());
    });
    const ended = Promise.all(histories.map((history) => history.ended));
    // A job that fails ends the run at once, and not when the last fault is over.
    await Promise.race([injection.healed, ended]);
    const healedMs = performance.now();
    for (const check of checks) await check.advance();
    const restMs = Math.max(...checks.map((check) => (faultsMs * (check.records - check.committed)) / check.records));
    tell(`all faults are over; the rest of the input takes ${(restMs / 1_000).toFixed(0)} s`);
    await withDeadline(ended, restMs + endedWithinMs, 'The jobs have not ended');
    const afterHealingMs = Math.round(performance.now() - healedMs);
    const checkpoints = await Promise.all(checks.map(({ job }) => cluster.checkpoints(job)));
    clearInterval(progress);
    await cluster.stop();
    for (const check of checks) differences.push(...(await check.differences(true)));
    const hidden = await Promise.all(checks.map(({ parts }) => parts.hidden()));
    const recoveries = histories.flatMap(({ slowestRecoveryMs }) => slowestRecoveryMs ?? []);
    const summary: ChaosSummary = {
      seed,
      records,
      faults: injection.faults,
      faultsByKind: injection.done,
      restarts: histories.reduce((sum, { restarts }) => sum + restarts, 0),
      checkpoints: checkpoints.reduce((sum, count) => sum + count, 0),
      slowestRecoveryMs: recoveries.length === 0 ? null : Math.max(...recoveries),
      afterHealingMs,
      hiddenLeft: hidden.flat().length,
      exactlyOnce: differences.length === 0,
    };
    return { summary, differences };
  } finally {
    clearInterval(progress);
    injection?.stop();
    await cluster.stop();
    log.end();
  }
}

function writeReadings(folder: string, count: number): void {
  mkdirSync(folder);
  const texts = Array.from({ length: readingFiles }, () => [] as string[]);
  for (let id = 0; id < count; id += 1) texts[id % readingFiles]?.push(`${JSON.stringify(readingOf(id))}\n`);
  for (const [i, lines] of texts.entries()) writeFileSync(join(folder, `readings-${i}.jsonl`), lines.join(''));
}
