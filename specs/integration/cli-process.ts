import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const repository = fileURLToPath(new URL('../..', import.meta.url));
const command = join(repository, 'dist/src/cli/main.js');

/** Only guards against hanging: nothing here takes a tenth of it. */
const deadlineMs = 40_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a process differs from the others of a spec. */
export interface Special {
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Another main.js than the one that was built. */
  readonly program?: string;
  /** For one that is to live longer than others. */
  readonly deadlineMs?: number;
}

/** A running `weir`, without a terminal. It is killed at the end of the test at the latest. */
export class WeirProcess {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;
  private readonly waiting = new Set<() => void>();

  constructor(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}, special: Special = {}) {
    this.child = spawn(process.execPath, [special.program ?? command, ...args], {
      cwd,
      env: { ...surroundings(), ...env, ...special.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.read('stdout', text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.read('stderr', text));
    const guard = setTimeout(() => this.kill('SIGKILL'), special.deadlineMs ?? deadlineMs);
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        clearTimeout(guard);
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
        for (const check of this.waiting) check();
      });
    });
    onTestFinished(() => void this.child.kill('SIGKILL'));
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Settles when the output matches; rejects, with all output, when the process ends before. */
  until(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const isEnded = this.child.exitCode !== null || this.child.signalCode !== null;
        if (pattern.test(this[stream])) resolve();
        else if (isEnded) reject(new Error(`weir ended before ${pattern} came:\n${this.stdout}\n${this.stderr}`));
        else return;
        this.waiting.delete(check);
      };
      this.waiting.add(check);
      check();
    });
  }

  private read(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    for (const check of this.waiting) check();
  }
}

/** Runs `weir` to its end. */
export const weir = (
  args: readonly string[],
  cwd: string = repository,
  env: Readonly<Record<string, string>> = {},
  special: Special = {},
): Promise<Ended> => new WeirProcess(args, cwd, env, special).ended;

/** The environment without what its owner has set up for colours and for NATS. */
function surroundings(): NodeJS.ProcessEnv {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const own = Object.entries(env).filter(([name]) => !name.startsWith('NATS_') || name === 'NATS_SERVER_BIN');
  return { ...Object.fromEntries(own), XDG_CONFIG_HOME: join(tmpdir(), 'weirflow-no-contexts') };
}

/** A folder that is removed at the end of the test, with these files in it. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'weirflow-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
