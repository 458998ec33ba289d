import type { DemoCluster } from './demo-cluster.js';
import type { LiveLine } from './live-line.js';
import type { RecoveryLog } from './recovery-log.js';

export interface KillPlan {
  /** Counted from the start of the killer. */
  readonly moments: readonly number[];
  readonly seed: number;
  /** The vertex whose holders are killed. */
  readonly vertex: string;
}

/** The survivors take over meanwhile: its next life would tell at once that the one before is over. */
const restartAfterMs = 1_000;
const lookEveryMs = 50;

/**
 * Kills task managers with SIGKILL and starts them again. Each kill waits until the job runs and every task manager is there, so that
 * the slots of the survivors suffice.
 */
export class Killer {
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(
    private readonly cluster: DemoCluster,
    private readonly log: RecoveryLog,
    private readonly plan: KillPlan,
    private readonly live: LiveLine,
  ) {}

  start(): void {
    const startedAtMs = performance.now();
    const next = (index: number): void => {
      const atMs = this.plan.moments[index];
      if (atMs === undefined) return;
      const attempt = (): void => (this.killed(index) ? next(index + 1) : this.later(lookEveryMs, attempt));
      this.later(startedAtMs + atMs - performance.now(), attempt);
    };
    next(0);
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }

  private killed(index: number): boolean {
    const { cluster, log, live } = this;
    const { seed, vertex } = this.plan;
    if (log.state !== 'running' || cluster.alive < cluster.size) return false;
    const holders = cluster.holding(vertex);
    const victim = holders[(seed + index) % holders.length];
    if (victim === undefined) return false;
    live.warn(`kill -9 ${victim.process}, which holds ${victim.subtasks.join(', ')}`);
    log.killed(victim.process, victim.subtasks, Date.now());
    cluster.kill(victim.process);
    this.later(restartAfterMs, () => {
      live.say(`${victim.process} is started again`);
      cluster.startTaskManager(victim.process);
    });
    return true;
  }

  private later(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      run();
    }, delayMs);
    this.timers.add(timer);
  }
}
