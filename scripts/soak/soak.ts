import type { Actor } from '../../actors/kernel/actor.js';
import { Coverage } from '../../src/simulation/coverage.js';
import type { JobSize } from '../../src/simulation/jobs/index.js';
import type * as Simulation from '../mutants/simulation.js';

export interface SoakOptions {
  readonly runs: number;
  readonly seed: number;
  readonly size: JobSize;
  /** False: only what every run watches, which is answers, throws and the job's end. */
  readonly checkers: boolean;
  readonly keepGoing: boolean;
  readonly print: (line: string) => void;
}

export interface Finding {
  readonly seed: number;
  readonly invariant: string;
  readonly message: string;
  readonly deviations: number;
  readonly replay: string;
}

export interface SoakSummary {
  readonly runs: number;
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
  /** A client had saved, stopped, rescaled or canceled the job. */
  readonly operatedShare: number;
  /** A second run went on from a savepoint that the first had left. */
  readonly resumedShare: number;
  readonly restoredShare: number;
  readonly crashedDuringRecoveryShare: number;
  readonly transitions: string;
  readonly pairs: string;
  readonly missingTransitions: readonly string[];
  readonly findings: readonly Finding[];
}

const progressEveryRuns = 500;

/** Many seeded runs, one after the other, with what they reached added up. */
export class Soak {
  private readonly coverage = new Coverage();

  constructor(
    private readonly simulation: typeof Simulation,
    private readonly actors: readonly Actor[],
  ) {}

  run({ runs, seed, size, checkers, keepGoing, print }: SoakOptions): SoakSummary {
    const { planRun, simulateAndResume, shrink, replayLine } = this.simulation;
    const started = performance.now();
    const findings: Finding[] = [];
    const sum = {
      done: 0,
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
      during: 0,
    };
    for (let index = 0; index < runs; index += 1) {
      const plan = planRun(seed + index, size);
      const { report, resumed } = simulateAndResume(plan, (spec) => (checkers ? spec : { ...spec, checkers: [] }));
      sum.done += 1;
      sum.events += report.events;
      sum.virtualMs += report.virtualMs;
      sum.crashes += report.crashes;
      sum.restarts += report.restarts;
      sum.checkpoints += report.checkpoints;
      sum.stopped += report.stopped ? 1 : 0;
      sum.rescaled += report.rescaled ? 1 : 0;
      sum.saved += report.saved ? 1 : 0;
      sum.canceled += report.canceled ? 1 : 0;
      sum.operated += report.stopped || report.rescaled || report.saved || report.canceled ? 1 : 0;
      sum.resumed += resumed === null ? 0 : 1;
      sum.restored += report.restoredCheckpoint ? 1 : 0;
      sum.during += report.crashedDuringRecovery ? 1 : 0;
      this.coverage.add(report.coverage);
      if (resumed !== null) this.coverage.add(resumed.coverage);
      if (resumed !== null && resumed.violation !== null) {
        const { invariant, message } = resumed.violation;
        const replay = `npm run replay -- --seed ${plan.seed}${size === 'small' ? ' --small' : ''} --resumed`;
        findings.push({
          seed: plan.seed,
          invariant,
          message,
          deviations: Object.keys(resumed.deviations).length,
          replay,
        });
        print(`seed ${plan.seed}, resumed: ${message}\n  ${replay}`);
        if (!keepGoing) break;
      }
      if (report.violation !== null) {
        const { invariant, message } = report.violation;
        const shrunk = shrink(plan, report);
        const finding = {
          seed: plan.seed,
          invariant,
          message,
          deviations: Object.keys(shrunk).length,
          replay: replayLine(plan.seed, shrunk, size),
        };
        findings.push(finding);
        print(`seed ${finding.seed}: ${message}\n  ${finding.replay}`);
        if (!keepGoing) break;
      }
      if (sum.done % progressEveryRuns === 0) {
        print(`${sum.done} runs, ${(sum.done / seconds(started)).toFixed(0)} runs/s, ${findings.length} findings`);
      }
    }
    const elapsed = seconds(started);
    const { transitions, pairs, missing } = this.reached();
    return {
      runs: sum.done,
      runsPerSecond: round(sum.done / elapsed),
      eventsPerSecond: round(sum.events / elapsed),
      virtualHours: round(sum.virtualMs / 3_600_000),
      crashes: sum.crashes,
      restarts: sum.restarts,
      checkpoints: sum.checkpoints,
      stoppedShare: round(sum.stopped / sum.done),
      rescaledShare: round(sum.rescaled / sum.done),
      savedShare: round(sum.saved / sum.done),
      canceledShare: round(sum.canceled / sum.done),
      operatedShare: round(sum.operated / sum.done),
      resumedShare: round(sum.resumed / sum.done),
      restoredShare: round(sum.restored / sum.done),
      crashedDuringRecoveryShare: round(sum.during / sum.done),
      transitions,
      pairs,
      missingTransitions: missing,
      findings,
    };
  }

  text(summary: SoakSummary): string {
    const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
    return [
      `${summary.runs} runs, ${summary.runsPerSecond} runs/s, ${summary.eventsPerSecond} events/s, ${summary.virtualHours} virtual hours`,
      `${summary.crashes} crashes, ${summary.restarts} restarts, ${summary.checkpoints} checkpoints`,
      `restored a checkpoint: ${percent(summary.restoredShare)}; crash during a recovery: ${percent(summary.crashedDuringRecoveryShare)}`,
      `with an operation: ${percent(summary.operatedShare)}; stopped: ${percent(summary.stoppedShare)}; saved: ${percent(summary.savedShare)}; resumed from a savepoint: ${percent(summary.resumedShare)}; rescaled: ${percent(summary.rescaledShare)}; canceled: ${percent(summary.canceledShare)}`,
      `transitions reached: ${summary.transitions}; state × message pairs reached: ${summary.pairs}`,
      ...(summary.missingTransitions.length === 0
        ? []
        : [`transitions not reached: ${summary.missingTransitions.join(', ')}`]),
      summary.findings.length === 0 ? 'nothing found' : `${summary.findings.length} findings:`,
      ...summary.findings.map(
        ({ seed, message, deviations, replay }) =>
          `  seed ${seed} (${deviations} deviations): ${message}\n    ${replay}`,
      ),
    ].join('\n');
  }

  /** Measured against what the machines declare. */
  private reached(): { readonly transitions: string; readonly pairs: string; readonly missing: readonly string[] } {
    const declared = this.actors.flatMap(declaredTransitions);
    const missing = declared.filter((transition) => !this.coverage.transitions.has(transition));
    const pairs = this.actors.reduce((sum, actor) => {
      const states = Object.values(actor.states).filter(({ type }) => type !== 'final').length;
      return sum + states * Object.keys(actor.messages).length;
    }, 0);
    const reachedPairs = [...this.coverage.pairs].filter((pair) => !pair.includes(':xstate.')).length;
    return {
      transitions: `${declared.length - missing.length} of ${declared.length}`,
      pairs: `${reachedPairs} of ${pairs}`,
      missing,
    };
  }
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

const seconds = (sinceMs: number): number => (performance.now() - sinceMs) / 1_000;
const round = (value: number): number => Math.round(value * 1_000) / 1_000;
