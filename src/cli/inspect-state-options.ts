import { join } from 'node:path';
import type { CAC } from 'cac';
import { clusterTarget } from './cluster-options.js';
import { UsageError } from './exit-code.js';
import { ownArgs, text } from './options.js';
import { withReach } from './reach-options.js';
import { checkedPlace } from './savepoint-options.js';
import type { StateOptions } from './state-command.js';

export interface StateRequest {
  readonly kind: 'state';
  readonly options: StateOptions;
}

const waitSeconds = 10;

export function declareState(cli: CAC): void {
  const state = cli
    .command('state <savepoint>', 'Print what a savepoint or a checkpoint holds: operators, states, keys and values')
    .usage('state <path or name> [options]')
    .option('--operator <uid>', 'Only the state of this operator')
    .option('--state <name>', 'Its keys and values in this state')
    .option('--key <json>', 'Only those of this key: --key \'"ATL"\', --key 7, --key \'["ATL",7]\'')
    .option('--items', 'What it keeps without keys, such as positions: a line of JSON for each piece')
    .option('--json', 'One line of JSON for each')
    .example('  $ weir state copy/savepoints/flights-1')
    .example('  $ weir state copy/savepoints/flights-1 --operator mean-delay --state totals --key \'"ATL"\'')
    .example('  $ weir state flights-1 --cluster default --json')
    .example('  $ weir state checkpoint:flights --checkpoints store --cluster default');
  withReach(withSavepointPlace(state), waitSeconds);
}

/** Where a savepoint is that is given by its name. */
export const withSavepointPlace = (command: ReturnType<CAC['command']>): ReturnType<CAC['command']> =>
  command
    .option(
      '--checkpoints <folder>',
      'The savepoint, or checkpoint:<job>, is one of those that jobs keep in this folder',
    )
    .option('--cluster <name>', 'It is one of this cluster');

export function stateRequest(cli: CAC): StateRequest {
  const [savepoint, ...more] = cli.args;
  if (savepoint === undefined || more.length > 0) {
    throw new UsageError(
      'weir state takes one savepoint.',
      'Give the path of its folder: weir state copy/savepoints/<name>.',
    );
  }
  const operator = text(cli, 'operator');
  const state = text(cli, 'state');
  const key = asTyped(cli, 'key');
  const items = cli.options.items === true;
  if (items && operator === null) throw new UsageError('--items is for one operator.', 'Give --operator too.');
  if (items && state !== null)
    throw new UsageError('--items is what has no keys, and --state what has them.', 'Leave one of them out.');
  if (state !== null && operator === null) throw new UsageError('--state is for one operator.', 'Give --operator too.');
  if (key !== null && state === null)
    throw new UsageError('--key is for one state.', 'Give --operator and --state too.');
  return {
    kind: 'state',
    options: { place: savepointPlace(cli, savepoint), operator, state, key, items, json: cli.options.json === true },
  };
}

/** A path, or what `weir submit --from` takes for a store, together with where that store is. */
export function savepointPlace(cli: CAC, nameOrPath: string): StateOptions['place'] {
  const folder = text(cli, 'checkpoints');
  const isOfCluster = cli.options.cluster !== undefined;
  const what = checkedPlace(nameOrPath);
  if (what.kind === 'folder') {
    const option = folder !== null ? '--checkpoints' : isOfCluster ? '--cluster' : null;
    if (option === null) return { kind: 'path', path: what.path };
    throw new UsageError(
      `'${nameOrPath}' is a path, and ${option} is for the name of a savepoint.`,
      'Leave one of them out.',
    );
  }
  const target = isOfCluster ? clusterTarget(cli, process.env) : null;
  // As weir checkpoints has it: a cluster keeps its jobs in a folder of its name.
  if (folder !== null) return { kind: 'folder', folder: target === null ? folder : join(folder, target.cluster), what };
  if (target !== null) return { kind: 'cluster', target, what };
  throw new UsageError(
    `It is not said where ${what.kind === 'savepoint' ? `savepoint '${what.name}'` : `'${nameOrPath}'`} is.`,
    'Give the path of its folder, --cluster when it is of a cluster, or --checkpoints with the folder that jobs keep their state in.',
  );
}

/** JSON as it stands on the command line: the parser takes what looks like a number for one, and so loses the quotes around nothing else. */
function asTyped(cli: CAC, option: string): string | null {
  const args = ownArgs(cli);
  const flag = `--${option}`;
  for (const [index, arg] of args.entries()) {
    if (arg === flag) return args[index + 1] ?? null;
    if (arg.startsWith(`${flag}=`)) return arg.slice(flag.length + 1);
  }
  return null;
}
