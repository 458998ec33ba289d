import { exitCode } from './exit-code.js';
import type { Terminal } from './terminal.js';

/**
 * While a job runs: the first Ctrl+C, or SIGTERM, ends it in good order, the second ends the process at once. `code` is what the
 * process should exit with when the job has been canceled by one.
 */
export class Interrupts {
  code: number | null = null;
  private readonly listeners: readonly (readonly [NodeJS.Signals, () => void])[];

  /** `end` is told the code that the signal stands for. */
  constructor(terminal: Pick<Terminal, 'say'>, end: (code: number) => void) {
    const receive = (code: number): void => {
      if (this.code !== null) process.exit(code);
      this.code = code;
      terminal.say('stopping; press Ctrl+C again to stop at once');
      end(code);
    };
    this.listeners = [
      ['SIGINT', () => receive(exitCode.interrupted)],
      ['SIGTERM', () => receive(exitCode.terminated)],
    ];
    for (const [signal, listener] of this.listeners) process.on(signal, listener);
  }

  close(): void {
    for (const [signal, listener] of this.listeners) process.off(signal, listener);
  }
}
