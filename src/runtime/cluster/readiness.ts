import type { TraceRecord } from '../../ports/telemetry.js';

/** Whether a process does its work: a job manager that leads and serves, a task manager that is registered with one. */
export class Readiness {
  private linked: boolean | null = null;
  private serving = false;
  private why: string;

  constructor(
    private readonly role: 'jobmanager' | 'taskmanager',
    cluster: string,
  ) {
    this.why =
      role === 'jobmanager'
        ? `does not lead cluster '${cluster}' yet`
        : `no job manager of cluster '${cluster}' has taken it yet`;
  }

  /** What it waits for, for people; null when it is ready. */
  get waitsFor(): string | null {
    if (this.linked === null) return 'waits for NATS and the store';
    if (!this.linked) return 'the connection to NATS is lost';
    return this.serving ? null : this.why;
  }

  trace({ actor, toState, verdict }: TraceRecord): void {
    if (verdict.kind === 'dropped' || toState === null) return;
    if (actor !== (this.role === 'jobmanager' ? 'dispatcher' : 'task-manager')) return;
    this.serving = toState === 'serving';
    if (!this.serving) this.why = reasons[`${this.role} ${toState}`] ?? toState;
  }

  connected(up: boolean): void {
    this.linked = up;
  }
}

const reasons: Readonly<Record<string, string>> = {
  'jobmanager recovering': 'leads, and reads the jobs of the store',
  'taskmanager connecting': 'its slots start',
  'taskmanager registering': 'no job manager has taken it: asking',
  'taskmanager draining': 'takes nothing new, ends what runs',
  'taskmanager drained': 'has ended',
};
