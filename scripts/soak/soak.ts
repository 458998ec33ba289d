import type { Worker } from 'node:worker_threads';
import type { RunResult } from './one-run.js';
import type { SoakOptions } from './options.js';
import { Seeds } from './seeds.js';
import { Sums } from './summary.js';
import type { Block, FromWorker } from './worker.js';

const progressEveryRuns = 500;

export interface SoakEnd {
  readonly sums: Sums;
  readonly elapsedSeconds: number;
  readonly interrupted: boolean;
  /** Workers that ended by themselves. */
  readonly died: number;
}

interface Member {
  readonly worker: Worker;
  /** The seeds it has and has not told of. */
  block: Block | null;
}

/** Many seeded runs on some workers, with what they reached added up in the order of their seeds. */
export class Soak {
  private readonly sums = new Sums();
  private readonly seeds: Seeds;
  private readonly members: Member[];
  private readonly startedMs = performance.now();
  private died = 0;
  private interrupted = false;
  /** The first finding is told, and nothing after it counts. */
  private stopped = false;
  private isOver = false;
  private readonly ended: Promise<void>;
  private end: () => void = () => undefined;

  constructor(
    private readonly options: SoakOptions,
    startWorker: () => Worker,
    private readonly print: (line: string) => void,
  ) {
    const { seed, runs, workers } = options;
    this.seeds = new Seeds(seed, seed + runs);
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    this.members = Array.from({ length: workers }, () => this.start(startWorker()));
  }

  /** When nothing is left to run, or to be waited for. */
  async over(): Promise<SoakEnd> {
    await this.ended;
    this.isOver = true;
    const elapsedSeconds = this.seconds();
    await Promise.all(this.members.map(({ worker }) => worker.terminate()));
    for (const result of this.seeds.rest()) if (!this.stopped) this.take(result);
    const { sums, interrupted, died } = this;
    return { sums, elapsedSeconds, interrupted, died };
  }

  /** Ends it now: runs that have begun are given up. */
  interrupt(): void {
    this.interrupted = true;
    this.end();
  }

  private start(worker: Worker): Member {
    const member: Member = { worker, block: null };
    worker.on('message', (told: FromWorker) => this.hear(member, told));
    let why: string | null = null;
    worker.on('error', (error) => {
      why = error.stack ?? error.message;
    });
    // All that it told comes before its exit, and may come after its error.
    worker.on('exit', (code) => this.lost(member, why ?? `it ended with exit code ${code}`));
    return member;
  }

  private hear(member: Member, told: FromWorker): void {
    if (told.kind === 'found') return this.found(told.seed);
    if (told.kind === 'free') return this.deal(member);
    const { result } = told;
    if (member.block !== null) member.block = { ...member.block, first: result.seed + 1 };
    if (result.findings.length > 0) this.found(result.seed);
    for (const each of this.seeds.back(result)) if (!this.stopped) this.take(each);
    if (this.stopped) this.end();
  }

  /** Those before it go on: the first finding is the same however many workers there are. */
  private found(seed: number): void {
    if (!this.options.keepGoing) this.seeds.endAfter(seed);
  }

  private deal(member: Member): void {
    member.block = this.seeds.next();
    if (member.block === null) this.endWithTheLast();
    else member.worker.postMessage(member.block);
  }

  private take(result: RunResult): void {
    const { sums, print } = this;
    sums.add(result);
    for (const { seed, resumed, message, replay } of result.findings) {
      print(`seed ${seed}${resumed ? ', resumed' : ''}: ${message}\n  ${replay}`);
    }
    if (result.findings.length > 0 && !this.options.keepGoing) this.stopped = true;
    else if (sums.runs % progressEveryRuns === 0) {
      const rate = (sums.runs / this.seconds()).toFixed(0);
      print(`${sums.runs} runs, ${rate} runs/s, ${sums.findings.length} findings`);
    }
  }

  /** What it had is not run again, because whatever ended it may well do so again; the others finish theirs. */
  private lost(member: Member, why: string): void {
    if (this.isOver) return;
    this.died += 1;
    this.print(`a worker died ${whereIn(member.block)}: ${why}`);
    member.block = null;
    this.seeds.dealNoMore();
    this.endWithTheLast();
  }

  private endWithTheLast(): void {
    if (this.members.every(({ block }) => block === null)) this.end();
  }

  private seconds(): number {
    return (performance.now() - this.startedMs) / 1_000;
  }
}

function whereIn(block: Block | null): string {
  if (block === null || block.first === block.end) return 'without a seed';
  return `at seed ${block.first}${notBegun(block)}`;
}

function notBegun({ first, end }: Block): string {
  if (first + 1 === end) return '';
  return first + 2 === end ? ` (${first + 1} was not begun)` : ` (${first + 1} to ${end - 1} were not begun)`;
}
