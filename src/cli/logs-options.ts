import type { CAC, Command as Declared } from 'cac';
import { type LogLevel, logLevels } from '../runtime/log/log-line.js';
import { isSubjectName } from '../transport/nats/subjects.js';
import { UsageError } from './exit-code.js';
import { checkedJobId, oneOf, text, wholeNumber } from './options.js';

const linesDefault = 100;

export interface LogsSelection {
  /** null: every process. */
  readonly process: string | null;
  readonly follow: boolean;
  readonly lines: number;
  /** null: of every job, and of none. */
  readonly job: string | null;
  readonly level: LogLevel;
}

export function declareLogs(cli: CAC): Declared {
  return cli
    .command('logs [process]', 'Print the last lines of the log of a process, or of all')
    .option('-f, --follow', 'Go on with each new line, until Ctrl+C')
    .option('-n, --lines <n>', 'How many at most', { default: linesDefault })
    .option('--job <id>', 'Only what is about this job')
    .option('--level <level>', `What is said at least: ${logLevels.join(', ')}`, { default: 'debug' })
    .example('  $ weir logs tm-1 --follow')
    .example('  $ weir logs --job flights --level warn');
}

export function logsOptions(cli: CAC): LogsSelection {
  const job = text(cli, 'job');
  return {
    process: processArgument(cli),
    follow: cli.options.follow === true,
    lines: wholeNumber(cli, 'lines'),
    job: job === null ? null : checkedJobId(job),
    level: oneOf<LogLevel>(cli, 'level', logLevels),
  };
}

function processArgument(cli: CAC): string | null {
  const [process, ...more] = cli.args;
  if (more.length > 0 || (process !== undefined && !isSubjectName(process))) {
    throw new UsageError(
      'weir logs takes the name of one process, or none for all.',
      'weir status prints the task managers; the job manager is jm.',
    );
  }
  return process ?? null;
}
