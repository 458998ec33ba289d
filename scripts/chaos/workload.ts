import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChaosCluster } from './chaos-cluster.js';
import { CommittedParts } from './committed-parts.js';
import { ledgerCheck, readingsCheck } from './job-check.js';
import { JobHistory } from './job-history.js';
import { readingOf } from './records.js';

/** Of each three records two are entries, the rest readings. */
const entriesShare = 2 / 3;
const readingFiles = 8;

export interface WorkloadOptions {
  readonly folder: string;
  readonly records: number;
  /** How long the input lasts when nothing disturbs the jobs. */
  readonly lastsMs: number;
  /** Told of each time a job is back at work. */
  readonly recovered: (text: string) => void;
}

/** Two jobs, what their job managers tell of them, and what they must commit. */
export class Workload {
  readonly jobs;
  private readonly input: string;

  constructor(private readonly options: WorkloadOptions) {
    const { folder, records, recovered } = options;
    const entries = Math.round(records * entriesShare);
    this.input = join(folder, 'readings-in');
    this.jobs = [
      {
        check: ledgerCheck(entries, new CommittedParts(join(folder, 'ledger'))),
        history: new JobHistory('ledger', recovered),
        params: ['--count', String(entries)],
      },
      {
        check: readingsCheck(records - entries, new CommittedParts(join(folder, 'readings'))),
        history: new JobHistory('readings', recovered),
        params: ['--input', this.input],
      },
    ] as const;
  }

  /** Writes the input and gives both jobs to the cluster. */
  async submit(cluster: ChaosCluster): Promise<void> {
    writeReadings(this.input, this.jobs[1].check.records);
    for (const { check, params } of this.jobs) {
      const rate = Math.ceil((check.records * 1_000) / this.options.lastsMs);
      const path = fileURLToPath(new URL(`./jobs/${check.job}.ts`, import.meta.url));
      await cluster.submit(path, [...params, '--rate', String(rate), '--output', check.parts.folder]);
    }
  }

  /** A line of a job manager. */
  hear(line: string): void {
    for (const { history } of this.jobs) history.hear(line);
  }

  /** Their job manager is dead. */
  orphaned(atMs: number): void {
    for (const { history } of this.jobs) history.orphaned(atMs);
  }

  /** Asks the cluster which of them have ended. */
  async askFor(cluster: ChaosCluster): Promise<void> {
    const summaries = await cluster.jobs();
    for (const { history } of this.jobs) {
      const summary = summaries.find(({ job }) => job === history.job);
      if (summary === undefined) history.end('the cluster does not know it');
      else if (summary.state !== 'running') history.end([summary.state, summary.failure?.message].join(' ').trim());
    }
  }

  /** Settles when both have begun to work. */
  async running(): Promise<void> {
    await Promise.all(this.jobs.map(({ history }) => history.running));
  }

  /** Settles when both have finished; rejects when one ended otherwise. */
  async ended(): Promise<void> {
    await Promise.all(this.jobs.map(({ history }) => history.ended));
  }

  /** How the jobs are and what they have committed, as of now. */
  async progress(): Promise<string> {
    for (const { check } of this.jobs) await check.advance();
    return this.jobs
      .map(({ check, history }) => `${check.job} ${history.state}, ${check.committed} committed`)
      .join('; ');
  }

  /** How long the rest of the input takes at its rate, as of the last progress. */
  get restMs(): number {
    const shares = this.jobs.map(({ check }) => 1 - check.committed / check.records);
    return Math.max(...shares) * this.options.lastsMs;
  }
}

function writeReadings(folder: string, count: number): void {
  mkdirSync(folder);
  const texts = Array.from({ length: readingFiles }, () => [] as string[]);
  for (let id = 0; id < count; id += 1) texts[id % readingFiles]?.push(`${JSON.stringify(readingOf(id))}\n`);
  for (const [i, lines] of texts.entries()) writeFileSync(join(folder, `readings-${i}.jsonl`), lines.join(''));
}
