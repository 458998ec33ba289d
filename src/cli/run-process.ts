import type { RunningProcess } from '../runtime/cluster/running-process.js';
import { exitCode } from './exit-code.js';
import { failureText } from './failure-text.js';
import { Interrupts } from './interrupts.js';
import type { Terminal } from './terminal.js';

/** Lines of a process that runs for long: each with its time. */
export const timedLines =
  (terminal: Terminal) =>
  (line: string): void =>
    terminal.say(`${new Date().toISOString()} ${line}`);

/** Waits for the end of a process of a cluster. The first SIGTERM or Ctrl+C ends it in good order, the second at once. */
export async function runProcess(running: RunningProcess, terminal: Terminal): Promise<number> {
  const interrupts = new Interrupts(terminal, () => running.stop());
  try {
    const failure = await running.ended;
    if (failure === null) {
      timedLines(terminal)('ended');
      return exitCode.done;
    }
    terminal.say(failureText(failure, terminal.colors));
    return exitCode.failed;
  } finally {
    interrupts.close();
  }
}
