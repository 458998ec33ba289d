import type { Terminal } from '../../src/cli/terminal.js';

export interface Progress {
  readonly state: string;
  readonly committed: number;
  readonly records: number;
  readonly checkpoints: number;
  readonly taskManagers: { readonly alive: number; readonly of: number };
}

/** Where stderr is no terminal each state of things is a line of its own, so there are few of them. */
const plainLineEveryMs = 500;
const columnsUnknown = 80;

/** How the job is doing, in one line that is written anew; a plain line now and then where that cannot be. */
export class LiveLine {
  private plainAtMs = Number.NEGATIVE_INFINITY;
  private last = '';

  constructor(private readonly terminal: Terminal) {}

  say(text: string): void {
    this.terminal.say(text);
  }

  good(text: string): void {
    this.terminal.say(this.terminal.colors.green(text));
  }

  warn(text: string): void {
    this.terminal.say(this.terminal.colors.yellow(text));
  }

  show(progress: Progress): void {
    const text = progressText(progress);
    // A line that wraps could not be written anew.
    if (process.stderr.isTTY)
      return this.terminal.status(text.slice(0, (process.stderr.columns || columnsUnknown) - 1));
    const nowMs = performance.now();
    if (text === this.last || nowMs - this.plainAtMs < plainLineEveryMs) return;
    this.plainAtMs = nowMs;
    this.last = text;
    this.terminal.say(text);
  }

  /** Takes the line away. */
  end(): void {
    this.terminal.status('');
  }
}

/** Fits into 80 columns. */
export function progressText({ state, committed, records, checkpoints, taskManagers }: Progress): string {
  const done = committed.toLocaleString('en-US').padStart(6);
  return [
    state.padEnd(20),
    `${done} of ${records.toLocaleString('en-US')} committed`,
    `${String(checkpoints).padStart(3)} checkpoints`,
    `${taskManagers.alive} of ${taskManagers.of} alive`,
  ].join('  ');
}
