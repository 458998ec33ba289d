import type { CAC, Command as Declared } from 'cac';
import type { InspectFilter } from '../runtime/inspection/filter.js';
import type { ListFormat } from './cluster-commands.js';
import type { ClusterTarget } from './cluster-options.js';
import { checkedJobId, text } from './options.js';

export interface InspectCommandOptions {
  readonly target: ClusterTarget;
  readonly format: ListFormat;
  readonly filter: InspectFilter;
  /** Every step, heartbeats too. */
  readonly all: boolean;
  /** False: print the actors, and end. */
  readonly follow: boolean;
}

export function withInspectOptions(command: Declared): Declared {
  return command
    .usage('inspect [options] [filter …]')
    .option('--actor <pattern>', 'Only actors whose name begins so, or matches as a whole with * for anything')
    .option('--process <pattern>', 'Only this process')
    .option('--job <id>', 'Only what belongs to this job')
    .option('--message <pattern>', 'Only steps on messages of such a type')
    .option('--all', 'Every step, heartbeats too (default: those that change a state, or are refused or dropped)')
    .option('--snapshot', 'Print the actors, and end')
    .option('--no-follow', 'The same')
    .example('  $ weir inspect job-master/flights tm-1')
    .example('  $ weir inspect --job flights --message "slot.*" -o json');
}

export function inspectOptions(cli: CAC): Pick<InspectCommandOptions, 'filter' | 'all' | 'follow'> {
  const job = text(cli, 'job');
  return {
    filter: {
      process: text(cli, 'process'),
      actor: text(cli, 'actor'),
      job: job === null ? null : checkedJobId(job),
      message: text(cli, 'message'),
      words: cli.args,
    },
    all: cli.options.all === true,
    follow: cli.options.follow !== false && cli.options.snapshot !== true,
  };
}
