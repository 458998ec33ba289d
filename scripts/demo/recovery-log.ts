import type { TraceRecord } from '../../src/ports/telemetry.js';

interface Recovery {
  readonly crashed: string;
  readonly crashedAtMs: number;
  readonly states: { readonly state: string; readonly atMs: number }[];
}

/** Follows the job-master: which states each recovery went through, and when. */
export class RecoveryLog {
  readonly recoveries: Recovery[] = [];
  checkpoints = 0;
  restarts = 0;
  state = 'created';

  crashed(process: string, atMs: number): void {
    this.recoveries.push({ crashed: process, crashedAtMs: atMs, states: [] });
  }

  trace({ actor, fromState, toState, atMs }: TraceRecord): void {
    if (actor.startsWith('checkpoint-coordinator/') && fromState === 'writingManifest' && toState === 'notifying')
      this.checkpoints += 1;
    if (actor.startsWith('job-master/') && toState !== null && fromState !== toState) this.enter(toState, atMs);
  }

  /** The job-master has entered a state. */
  enter(entered: string, atMs: number): void {
    this.state = entered;
    if (entered === 'pausing') this.restarts += 1;
    const current = this.recoveries.at(-1);
    if (current !== undefined && current.states.at(-1)?.state !== 'running')
      current.states.push({ state: entered, atMs });
  }

  /** From the crash to `pausing`, of the crash that was noticed last; null when there was none. */
  detectionMs(): number | null {
    return this.slowestMs('pausing');
  }

  /** From the crash to `running`, of the slowest recovery; null when there was none. */
  recoveryMs(): number | null {
    return this.slowestMs('running');
  }

  private slowestMs(until: string): number | null {
    const durations = this.recoveries.flatMap(({ crashedAtMs, states }) => {
      const running = states.find(({ state }) => state === until);
      return running === undefined ? [] : [running.atMs - crashedAtMs];
    });
    return durations.length === 0 ? null : Math.round(Math.max(...durations));
  }

  text(): string {
    return this.recoveries
      .map(({ crashed, crashedAtMs, states }, index) => {
        const lines = states.map(
          ({ state, atMs }) => `  ${`+${(atMs - crashedAtMs).toFixed(0)} ms`.padStart(9)}  ${state}`,
        );
        return [`Recovery ${index + 1}: ${crashed} crashed`, ...lines].join('\n');
      })
      .join('\n');
  }
}
