import { failure } from '../../actors/protocol/failure.js';
import { EngineError } from '../api/engine-error.js';
import { connectTo } from '../runtime/cluster/cluster-address.js';
import { isAtLeast, type LogLine, logText } from '../runtime/log/log-line.js';
import { LogReader, type LogTail } from '../runtime/log/log-reader.js';
import { nodeClock } from '../runtime/world/clock.js';
import { nodeEntropy } from '../runtime/world/entropy.js';
import type { ListFormat } from './cluster-commands.js';
import type { ClusterTarget } from './cluster-options.js';
import { exitCode } from './exit-code.js';
import { Interrupts } from './interrupts.js';
import type { LogsSelection } from './logs-options.js';
import type { Terminal } from './terminal.js';

export interface LogsOptions extends LogsSelection {
  readonly target: ClusterTarget;
  readonly format: ListFormat;
}

/** Prints the last lines of the logs of a cluster's processes to stdout, and with `follow` each new one. */
export async function logsCommand(options: LogsOptions, terminal: Terminal): Promise<number> {
  const { target, process, follow, lines } = options;
  const say = (line: string): void => terminal.say(line);
  const link = await connectTo(target, `logs-${nodeEntropy.id()}`, 'client', {
    onTrouble: ({ message }) => say(message),
    onWaiting: say,
  });
  try {
    const reader = new LogReader({ link, clock: nodeClock, process, waitMs: target.waitMs });
    const isWanted = wantedBy(options);
    const wanted = linesOf(await reader.tail(), options).filter(isWanted);
    const width = Math.max(0, ...wanted.map((line) => line.process.length));
    const print = (line: LogLine): void => terminal.out(lineText(line, options, width));
    for (const line of wanted.slice(-lines)) print(line);
    if (!follow) return exitCode.done;
    const interrupted = new Promise<number>((resolve) => {
      const interrupts = new Interrupts({ say: () => undefined }, () => resolve(interrupts.code ?? exitCode.done));
    });
    const missed = (name: string, count: number): void =>
      say(`${count} lines of ${name} were left out: too many at once`);
    reader.follow((line) => {
      if (isWanted(line)) print(line);
    }, missed);
    const code = await interrupted;
    reader.stop();
    return code;
  } finally {
    await link.close();
  }
}

const wantedBy =
  ({ job, level }: LogsOptions) =>
  (line: LogLine): boolean =>
    isAtLeast(line.level, level) && (job === null || line.job === job);

function linesOf(tail: LogTail, { target, process }: LogsOptions): readonly LogLine[] {
  if (tail.outcome === 'read') return tail.lines;
  const { cluster, waitMs } = target;
  const who = process === null ? 'No process' : `No process '${process}'`;
  const advice = 'weir status prints the task managers; the job manager is jm. Name the cluster with --cluster.';
  throw new EngineError(
    tail.outcome === 'nobody'
      ? failure('PROCESS_UNKNOWN', 'user', `${who} runs in cluster '${cluster}'. ${advice}`)
      : failure('NO_ANSWER', 'infrastructure', `${who} of cluster '${cluster}' answered within ${waitMs / 1_000} s.`),
  );
}

function lineText(line: LogLine, { format, process }: LogsOptions, width: number): string {
  if (format === 'json') return JSON.stringify(line);
  const who = process === null ? `${line.process.padEnd(width)} ` : '';
  return `${line.time} ${who}${logText(line)}`;
}
