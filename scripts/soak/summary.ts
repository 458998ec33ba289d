import type { Actor } from '../../actors/kernel/actor.js';
import type { Finding, RunCounts, RunResult } from './one-run.js';

export interface SoakSummary {
  readonly runs: number;
  readonly workers: number;
  readonly runsPerSecond: number;
  readonly eventsPerSecond: number;
  readonly virtualHours: number;
  readonly crashes: number;
  readonly restarts: number;
  readonly checkpoints: number;
  readonly stoppedShare: number;
  readonly rescaledShare: number;
  readonly savedShare: number;
  readonly canceledShare: number;
  readonly operatedShare: number;
  readonly resumedShare: number;
  readonly restoredShare: number;
  readonly crashedDuringRecoveryShare: number;
  readonly transitions: string;
  readonly pairs: string;
  readonly missingTransitions: readonly string[];
  readonly findings: readonly Finding[];
}

/** Runs added up. */
export class Sums {
  runs = 0;
  readonly findings: Finding[] = [];
  private readonly counts: { -readonly [K in keyof RunCounts]: number } = {
    events: 0,
    virtualMs: 0,
    crashes: 0,
    restarts: 0,
    checkpoints: 0,
    stopped: 0,
    rescaled: 0,
    saved: 0,
    canceled: 0,
    operated: 0,
    resumed: 0,
    restored: 0,
    crashedDuringRecovery: 0,
  };
  private readonly transitions = new Set<string>();
  private readonly pairs = new Set<string>();

  add({ counts, transitions, pairs, findings }: RunResult): void {
    this.runs += 1;
    for (const name of Object.keys(this.counts) as (keyof RunCounts)[]) this.counts[name] += counts[name];
    for (const transition of transitions) this.transitions.add(transition);
    for (const pair of pairs) this.pairs.add(pair);
    this.findings.push(...findings);
  }

  summary(actors: readonly Actor[], workers: number, elapsedSeconds: number): SoakSummary {
    const { counts, runs } = this;
    const share = (name: keyof RunCounts): number => (runs === 0 ? 0 : round(counts[name] / runs));
    const { reached, pairs, missing } = this.reached(actors);
    return {
      runs,
      workers,
      runsPerSecond: round(runs / elapsedSeconds),
      eventsPerSecond: round(counts.events / elapsedSeconds),
      virtualHours: round(counts.virtualMs / 3_600_000),
      crashes: counts.crashes,
      restarts: counts.restarts,
      checkpoints: counts.checkpoints,
      stoppedShare: share('stopped'),
      rescaledShare: share('rescaled'),
      savedShare: share('saved'),
      canceledShare: share('canceled'),
      operatedShare: share('operated'),
      resumedShare: share('resumed'),
      restoredShare: share('restored'),
      crashedDuringRecoveryShare: share('crashedDuringRecovery'),
      transitions: reached,
      pairs,
      missingTransitions: missing,
      findings: this.findings,
    };
  }

  /** Measured against what the machines declare. */
  private reached(actors: readonly Actor[]): {
    readonly reached: string;
    readonly pairs: string;
    readonly missing: readonly string[];
  } {
    const declared = actors.flatMap(declaredTransitions);
    const missing = declared.filter((transition) => !this.transitions.has(transition));
    const pairs = actors.reduce((sum, actor) => {
      const states = Object.values(actor.states).filter(({ type }) => type !== 'final').length;
      return sum + states * Object.keys(actor.messages).length;
    }, 0);
    const reachedPairs = [...this.pairs].filter((pair) => !pair.includes(':xstate.')).length;
    return {
      reached: `${declared.length - missing.length} of ${declared.length}`,
      pairs: `${reachedPairs} of ${pairs}`,
      missing,
    };
  }
}

export function summaryText(summary: SoakSummary): string {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  return [
    `${summary.runs} runs, ${summary.runsPerSecond} runs/s on ${summary.workers} workers, ${summary.eventsPerSecond} events/s, ${summary.virtualHours} virtual hours`,
    `${summary.crashes} crashes, ${summary.restarts} restarts, ${summary.checkpoints} checkpoints`,
    `restored a checkpoint: ${percent(summary.restoredShare)}; crash during a recovery: ${percent(summary.crashedDuringRecoveryShare)}`,
    `with an operation: ${percent(summary.operatedShare)}; stopped: ${percent(summary.stoppedShare)}; saved: ${percent(summary.savedShare)}; resumed from a savepoint: ${percent(summary.resumedShare)}; rescaled: ${percent(summary.rescaledShare)}; canceled: ${percent(summary.canceledShare)}`,
    `transitions reached: ${summary.transitions}; state × message pairs reached: ${summary.pairs}`,
    ...(summary.missingTransitions.length === 0
      ? []
      : [`transitions not reached: ${summary.missingTransitions.join(', ')}`]),
    summary.findings.length === 0 ? 'nothing found' : `${summary.findings.length} findings:`,
    ...summary.findings.map(
      ({ seed, message, deviations, replay }) => `  seed ${seed} (${deviations} deviations): ${message}\n    ${replay}`,
    ),
  ].join('\n');
}

/** Every change of state that the machine of an actor declares. */
function declaredTransitions(actor: Actor): readonly string[] {
  const found = new Set<string>();
  for (const [name, state] of Object.entries(actor.states)) {
    if (state.type === 'final') continue;
    const branches = [
      ...Object.values(state.on ?? {}),
      ...Object.values(state.after ?? {}),
      ...Object.values(actor.on),
    ].flat() as {
      target?: string;
    }[];
    for (const { target } of branches)
      if (target !== undefined && target !== name) found.add(`${actor.role}:${name}>${target}`);
  }
  return [...found];
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000;
