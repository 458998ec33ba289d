import { within } from './deadline.js';
import type { DemoCluster } from './demo-cluster.js';
import type { LiveLine } from './live-line.js';
import type { RecoveryLog } from './recovery-log.js';

const lookEveryMs = 50;
const deadlineMs = 60_000;

/** Gives the running job one parallelism after the other: each waits for its moment, and until the job runs at the one before. */
export class Rescaler {
  private stopped = false;
  private readonly waits = new Set<() => void>();

  constructor(
    private readonly cluster: DemoCluster,
    private readonly log: RecoveryLog,
    private readonly job: string,
    private readonly live: LiveLine,
  ) {}

  /** Settles when all are done, or it was stopped. */
  async run(steps: readonly { readonly atMs: number; readonly to: number }[]): Promise<void> {
    const sinceMs = performance.now();
    for (const { atMs, to } of steps) {
      await this.until(() => performance.now() - sinceMs >= atMs && this.log.state === 'running');
      if (this.stopped) return;
      this.live.say(`weir rescale ${this.job} --all ${to}`);
      this.log.wantsRescale(to);
      await within(this.cluster.rescale(this.job, to), deadlineMs, `The rescale to ${to} has not been done`);
      const done = this.log.rescales.at(-1);
      this.live.good(`runs at ${to} after ${done?.tookMs ?? '?'} ms, ${done?.downMs ?? '?'} of them without records`);
    }
  }

  stop(): void {
    this.stopped = true;
    for (const wake of this.waits) wake();
  }

  private until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearInterval(timer);
        this.waits.delete(end);
        resolve();
      };
      const timer = setInterval(() => (holds() ? end() : undefined), lookEveryMs);
      this.waits.add(end);
    });
  }
}
