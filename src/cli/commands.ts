import { type CAC, cac } from 'cac';
import { engineVersion } from '../runtime/code/engine-modules.js';
import { type ClusterCommand, clusterCommand, declareClusterCommands } from './cluster-commands.js';
import { type DiffRequest, declareDiff, diffRequest } from './diff-options.js';
import { UsageError } from './exit-code.js';
import { declareInfo, type InfoCommand, infoCommandOf } from './info-options.js';
import { declareState, type StateRequest, stateRequest } from './inspect-state-options.js';
import type { NatsInstallOptions } from './nats-command.js';
import { advice, checkOptions, onlyArgument, text } from './options.js';
import { declareRun, type RunRequest, runArgument, runRequest } from './run-options.js';
import { nearest } from './suggestion.js';

/** What a command line asks for. */
export type Command =
  /** Help or the version has been printed. */
  | { readonly kind: 'told' }
  | RunRequest
  | InfoCommand
  | ClusterCommand
  | StateRequest
  | DiffRequest
  | { readonly kind: 'natsInstall'; readonly options: NatsInstallOptions };

/** Reads a command line, without the two words before it. Throws a UsageError that says what was wrong and what to type. */
export function readCommand(args: readonly string[]): Command {
  const cli = declare();
  cli.parse(['node', 'weir', ...args], { run: false });
  // cac has printed help or the version, and has then forgotten the command.
  if (cli.options.help === true || (cli.options.version === true && cli.matchedCommand === undefined))
    return { kind: 'told' };
  if (cli.matchedCommand === undefined) return withoutCommand(cli);
  checkOptions(cli);
  if (cli.matchedCommandName === 'nats') return natsCommand(cli);
  if (cli.matchedCommandName === 'state') return stateRequest(cli);
  if (cli.matchedCommandName === 'diff') return diffRequest(cli);
  const cluster = clusterCommand(cli);
  if (cluster !== null) return cluster;
  const path = cli.matchedCommandName === 'run' ? runArgument(cli) : onlyArgument(cli);
  const params = (cli.options['--'] ?? []) as readonly string[];
  if (cli.matchedCommandName === 'info') return infoCommandOf(cli, path, params);
  return runRequest(cli, path, params);
}

function declare(): CAC {
  const cli = cac('weir');
  declareRun(cli);
  declareInfo(cli);
  declareClusterCommands(cli);
  declareState(cli);
  declareDiff(cli);
  cli
    .command('nats <action>', 'Get the server that processes talk over; the action is install')
    .usage('nats install [options]')
    .option('--yes', 'Ask nothing')
    .option('--from <archive>', 'Unpack a release that is here already, as .tar.gz or .zip')
    .example('  $ weir nats install')
    .example('  $ weir nats install --from nats-server-v2.15.1-linux-amd64.tar.gz');
  cli.help((sections) =>
    sections
      .filter(({ title }) => title?.startsWith('For more info') !== true)
      // The parser takes the absence of --no-… for a default of true.
      .map((section) => ({ ...section, body: section.body.replaceAll(' (default: true)', '') })),
  );
  cli.version(engineVersion);
  return cli;
}

function withoutCommand(cli: CAC): Command {
  const [given] = cli.args;
  if (given === undefined) {
    cli.outputHelp();
    return { kind: 'told' };
  }
  const names = cli.commands.map(({ name }) => name);
  const looksLikeJob = /\.[cm]?[jt]s$/.test(given);
  const meant = looksLikeJob ? `run ${given}` : nearest(given, names);
  throw new UsageError(
    `There is no command '${given}'.`,
    advice(meant === null ? null : `weir ${meant}`, `weir --help`),
  );
}

function natsCommand(cli: CAC): Command {
  const [action, ...more] = cli.args;
  if (action !== 'install' || more.length > 0) {
    const given = ['nats', ...cli.args].join(' ');
    throw new UsageError(`There is no command '${given}'.`, 'Did you mean weir nats install?');
  }
  return { kind: 'natsInstall', options: { yes: cli.options.yes === true, from: text(cli, 'from') } };
}
