import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../../dist/src/cli/main.js', import.meta.url));
const logLinesKept = 50;

/** A `weir` process: what jobs print in it, as parsed lines, and the last of what it logs. */
export class MeasuredProcess {
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;
  private readonly log: string[] = [];
  private readonly changed = new Set<() => void>();

  constructor(
    readonly name: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv,
    printed: (line: unknown) => void,
  ) {
    this.child = spawn(process.execPath, [command, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const { stdout, stderr } = this.child;
    if (stdout === null || stderr === null) throw new Error('stdout and stderr are piped');
    createInterface(stdout).on('line', (line) => {
      if (line.startsWith('{')) printed(JSON.parse(line));
    });
    createInterface(stderr).on('line', (line) => {
      this.log.push(line);
      if (this.log.length > logLinesKept) this.log.shift();
      this.tell();
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', () => {
        resolve();
        this.tell();
      });
    });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} was not started`);
    return this.child.pid;
  }

  get isEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  get failed(): boolean {
    return this.isEnded && this.child.exitCode !== 0;
  }

  get lastWords(): string {
    return `${this.name}:\n${this.log.join('\n')}`;
  }

  said(pattern: RegExp): boolean {
    return this.log.some((line) => pattern.test(line));
  }

  /** Settles when it logs a line that matches; rejects when it ends before. */
  says(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (this.said(pattern)) resolve();
        else if (this.isEnded) reject(new Error(`It ended before it said ${pattern}. ${this.lastWords}`));
        else return;
        this.changed.delete(check);
      };
      this.changed.add(check);
      check();
    });
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private tell(): void {
    for (const check of this.changed) check();
  }
}
