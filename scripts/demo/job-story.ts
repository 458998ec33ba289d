import type { LiveLine } from './live-line.js';
import type { RecoveryLog } from './recovery-log.js';

/** What the processes of a cluster say of one job, with the moments that they give. */
export class JobStory {
  /** Settles at the first record of the job. */
  readonly running: Promise<void>;
  readonly finished: Promise<void>;
  private runs: () => void = () => undefined;
  private resolve: () => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(
    private readonly job: string,
    private readonly log: RecoveryLog,
    private readonly live: LiveLine,
  ) {
    this.running = new Promise((resolve) => {
      this.runs = resolve;
    });
    this.finished = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Where nobody waits yet a failure is not lost: whoever waits later gets it.
    this.finished.catch((error: unknown) => error);
  }

  jobManager(line: string): void {
    const match = /^(\S+) job (\S+) (\w+)(.*)$/.exec(line);
    if (match === null || match[2] !== this.job) return;
    const [, moment = '', , word = '', rest = ''] = match;
    if (word === 'ended') this.end(rest);
    else if (word !== 'waits') this.log.enter(word, Date.parse(moment));
  }

  taskManager(line: string): void {
    const match = /^(\S+) first record in ([^,]+), run /.exec(line);
    if (match === null) return;
    const [, moment = '', subtask = ''] = match;
    this.runs();
    const recoveryMs = this.log.firstRecord(subtask, Date.parse(moment));
    if (recoveryMs !== null) this.live.good(`first new record in ${subtask} after ${recoveryMs} ms`);
  }

  private end(how: string): void {
    this.runs();
    if (how === ': finished') this.resolve();
    else this.reject(new Error(`The job ended${how}`));
  }
}
