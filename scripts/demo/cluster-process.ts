import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const linesKept = 200;

/** A `weir` process of the demo's cluster, and the lines it says. */
export class ClusterProcess {
  readonly lines: string[] = [];
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly waiting = new Set<() => void>();

  constructor(args: readonly string[], heard: (line: string) => void = () => undefined) {
    this.child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    if (this.child.stderr === null) throw new Error('a piped stderr is there');
    createInterface(this.child.stderr).on('line', (line) => {
      this.lines.push(line);
      if (this.lines.length > linesKept) this.lines.shift();
      heard(line);
      for (const check of this.waiting) check();
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code) => {
        resolve(code);
        for (const check of this.waiting) check();
      });
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Settles when it says a line that matches; rejects, with what it said, when it ends before. */
  says(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const isEnded = this.child.exitCode !== null || this.child.signalCode !== null;
        if (this.lines.some((line) => pattern.test(line))) resolve();
        else if (isEnded) reject(new Error(`A process ended before it said ${pattern}:\n${this.lines.join('\n')}`));
        else return;
        this.waiting.delete(check);
      };
      this.waiting.add(check);
      check();
    });
  }
}
