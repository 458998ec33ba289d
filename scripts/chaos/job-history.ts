/** A job as its job managers tell of it, one after the other: how often it came back, and how long that took at most. */
export class JobHistory {
  readonly running: Promise<void>;
  readonly ended: Promise<void>;
  state = 'created';
  restarts = 0;
  slowestRecoveryMs: number | null = null;
  private awaySinceMs: number | null = null;
  /** What it went through since then, in the order in which it came to it. */
  private steps: { readonly state: string; readonly atMs: number }[] = [];
  private hasRun = false;
  private tellRunning: () => void = () => undefined;
  private tellEnded: () => void = () => undefined;
  private fail: (error: Error) => void = () => undefined;

  /** `recovered` is told of each time it is back at work, and what that took. */
  constructor(
    readonly job: string,
    private readonly recovered: (text: string) => void,
  ) {
    this.running = new Promise((resolve) => {
      this.tellRunning = resolve;
    });
    this.ended = new Promise((resolve, reject) => {
      this.tellEnded = resolve;
      this.fail = reject;
    });
    // Where nobody waits yet a failure is not lost: whoever waits later gets it.
    this.ended.catch((error: unknown) => error);
  }

  /** A line of a job manager. */
  hear(line: string): void {
    const [, moment = '', job = '', word = '', rest = ''] = /^(\S+) job (\S+) (\w+)(.*)$/.exec(line) ?? [];
    if (job !== this.job || word === 'waits') return;
    if (word !== 'ended') this.enter(word, Date.parse(moment));
    else this.end(rest.slice(': '.length));
  }

  /** It has ended, with `finished` or with what it failed by. A job manager may have died before it could say so. */
  end(how: string): void {
    if (how === 'finished') this.tellEnded();
    else this.fail(new Error(`job ${this.job} ended: ${how}`));
  }

  /** Its job manager is dead: nobody leads it until the next one does. */
  orphaned(atMs: number): void {
    this.state = 'without a leader';
    if (this.hasRun) this.leave(this.state, atMs);
  }

  private enter(state: string, atMs: number): void {
    this.state = state;
    if (state === 'pausing' || this.awaySinceMs !== null) this.leave(state, atMs);
    if (state !== 'running') return;
    this.hasRun = true;
    this.tellRunning();
    if (this.awaySinceMs === null) return;
    const tookMs = atMs - this.awaySinceMs;
    this.restarts += 1;
    this.slowestRecoveryMs = Math.max(this.slowestRecoveryMs ?? 0, tookMs);
    this.recovered(`${this.job} back at work after ${tookMs} ms: ${this.stepsText()}`);
    this.awaySinceMs = null;
    this.steps = [];
  }

  private leave(state: string, atMs: number): void {
    this.awaySinceMs ??= atMs;
    this.steps.push({ state, atMs });
  }

  private stepsText(): string {
    return this.steps
      .flatMap(({ state, atMs }, i) => {
        const next = this.steps[i + 1];
        return next === undefined ? [] : [`${state} ${next.atMs - atMs}`];
      })
      .join(', ');
  }
}
