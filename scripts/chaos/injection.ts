import type { ChaosCluster } from './chaos-cluster.js';
import { type Fault, type FaultKind, faultKinds, faultText, formerMs } from './plan.js';

/** A plan of faults while it is done to a cluster. */
export class Injection {
  readonly done: Record<FaultKind, number>;
  /** Settles when every fault is over and everything runs again; rejects when one could not be done. */
  readonly healed: Promise<void>;
  private readonly timers: NodeJS.Timeout[] = [];
  private left: number;
  private resolve: () => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;

  constructor(
    private readonly cluster: ChaosCluster,
    plan: readonly Fault[],
    private readonly begins: (fault: Fault) => void,
  ) {
    this.done = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>;
    this.left = plan.length;
    this.healed = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Where nobody waits yet a failure is not lost: whoever waits later gets it.
    this.healed.catch((error: unknown) => error);
    for (const fault of plan) this.timers.push(setTimeout(() => this.inject(fault), fault.atMs));
    if (plan.length === 0) this.resolve();
  }

  get faults(): number {
    return Object.values(this.done).reduce((sum, count) => sum + count, 0);
  }

  /** No more faults; what is not over stays as it is. */
  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }

  private inject(fault: Fault): void {
    this.done[fault.kind] += 1;
    this.begins(fault);
    this.begin(fault).then(
      () => this.timers.push(setTimeout(() => this.endOf(fault), fault.forMs)),
      (error: unknown) => this.reject(new Error(`${faultText(fault)}: ${String(error)}`)),
    );
  }

  private endOf(fault: Fault): void {
    this.undo(fault).then(
      () => {
        this.left -= 1;
        if (this.left === 0) this.resolve();
      },
      (error: unknown) => this.reject(new Error(`the end of: ${faultText(fault)}: ${String(error)}`)),
    );
  }

  private async begin(fault: Fault): Promise<void> {
    const { cluster } = this;
    switch (fault.kind) {
      case 'killTaskManager':
      case 'killJobManager':
        return cluster.member(fault.target).kill();
      case 'pause':
        return fault.target === 'nats-server'
          ? signalServer(cluster, 'SIGSTOP')
          : cluster.member(fault.target).signal('SIGSTOP');
      case 'replace':
        return cluster.member(fault.target).replace();
      case 'restartNats':
        return cluster.server.end(fault.signal);
      case 'partition':
        return cluster.member(fault.target).line.break(fault.partition);
    }
  }

  private async undo(fault: Fault): Promise<void> {
    const { cluster } = this;
    switch (fault.kind) {
      case 'killTaskManager':
      case 'killJobManager':
        return cluster.member(fault.target).start();
      case 'pause':
        return fault.target === 'nats-server'
          ? signalServer(cluster, 'SIGCONT')
          : cluster.member(fault.target).signal('SIGCONT');
      case 'replace':
        return cluster.member(fault.target).wakeFormer(formerMs);
      case 'restartNats':
        return cluster.server.start();
      case 'partition':
        return cluster.member(fault.target).line.mend();
    }
  }
}

function signalServer({ server }: ChaosCluster, signal: 'SIGSTOP' | 'SIGCONT'): void {
  if (server.pid === null) throw new Error('nats-server does not run');
  process.kill(server.pid, signal);
}
