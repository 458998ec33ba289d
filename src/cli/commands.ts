import { type CAC, cac } from 'cac';
import { type GraphFormat, type GraphKind, graphFormats, graphKinds } from '../graph/print/print-graph.js';
import { engineVersion } from '../runtime/code/engine-modules.js';
import { UsageError } from './exit-code.js';
import type { InfoOptions } from './info-command.js';
import type { NatsInstallOptions } from './nats-command.js';
import type { RunOptions } from './run-command.js';
import { nearest } from './suggestion.js';

/** What a command line asks for. */
export type Command =
  /** Help or the version has been printed. */
  | { readonly kind: 'told' }
  | { readonly kind: 'run'; readonly options: RunOptions }
  | { readonly kind: 'info'; readonly options: InfoOptions }
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
  const path = onlyArgument(cli);
  const params = (cli.options['--'] ?? []) as readonly string[];
  if (cli.matchedCommandName === 'info') {
    const graph = oneOf<GraphKind>(cli, 'graph', graphKinds);
    return { kind: 'info', options: { path, params, graph, format: oneOf<GraphFormat>(cli, 'output', graphFormats) } };
  }
  const slots = cli.options.slots === undefined ? null : wholeNumber(cli, 'slots');
  const inline = cli.options.inline === true;
  const checkpoints = text(cli, 'checkpoints');
  return { kind: 'run', options: { path, params, checkpoints, slots, inline, jobId: jobId(cli) } };
}

function declare(): CAC {
  const cli = cac('weir');
  cli
    .command('run <job>', 'Run the job of a .ts or .js file in this process')
    .usage('run <job> [options] [-- parameters]')
    .option('--checkpoints <folder>', 'Keep checkpoints there, and go on from the newest when run again')
    .option('--slots <n>', 'Slots to run in, each a thread (default: as many as the job needs)')
    .option('--inline', 'Run all slots in one thread, for a debugger')
    .option('--job-id <id>', "What the run is known by (default: the job's name)")
    .example('  $ weir run examples/word-count.ts')
    .example('  $ weir run flights.ts --checkpoints state -- --input flights.csv');
  cli
    .command('info <job>', "Print a job's graph without running it")
    .usage('info <job> [options] [-- parameters]')
    .option('--graph <kind>', `Which: ${graphKinds.join(', ')}`, { default: 'job' })
    .option('-o, --output <format>', `How: ${graphFormats.join(', ')}`, { default: 'text' })
    .example('  $ weir info examples/word-count.ts --graph execution -o mermaid');
  cli
    .command('nats <action>', 'Get the server that processes talk over; the action is install')
    .usage('nats install [options]')
    .option('--yes', 'Ask nothing')
    .option('--from <archive>', 'Unpack a release that is here already, as .tar.gz or .zip')
    .example('  $ weir nats install')
    .example('  $ weir nats install --from nats-server-v2.12.4-linux-amd64.tar.gz');
  cli.help((sections) => sections.filter(({ title }) => title?.startsWith('For more info') !== true));
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

function checkOptions(cli: CAC): void {
  const options = [...(cli.matchedCommand?.options ?? []), ...cli.globalCommand.options];
  const known = options.flatMap(({ names }) => names);
  for (const [name, value] of Object.entries(cli.options)) {
    if (name === '--') continue;
    const option = options.find(({ names }) => names.includes(name));
    if (option === undefined) {
      const meant = nearest(name, known);
      throw new UsageError(
        `There is no option ${flag(name)} of weir ${cli.matchedCommandName}.`,
        advice(meant === null ? null : flag(meant), helpOf(cli)),
      );
    }
    if (option.required === true && value === true) {
      throw new UsageError(`Option ${flag(name)} needs a value.`, `Write ${option.rawName}. See ${helpOf(cli)}.`);
    }
    if (Array.isArray(value)) throw new UsageError(`Option ${flag(name)} is given twice.`, 'Give it once.');
  }
}

function onlyArgument(cli: CAC): string {
  const [path, ...more] = cli.args;
  if (path === undefined) {
    throw new UsageError(
      `weir ${cli.matchedCommandName} needs the file of a job.`,
      `For example weir ${cli.matchedCommandName} job.ts.`,
    );
  }
  if (more.length > 0) {
    throw new UsageError(
      `weir ${cli.matchedCommandName} takes one file; '${more[0]}' is more.`,
      `Parameters of the job stand after two dashes: weir ${cli.matchedCommandName} ${path} -- ${more.join(' ')}`,
    );
  }
  return path;
}

function natsCommand(cli: CAC): Command {
  const [action, ...more] = cli.args;
  if (action !== 'install' || more.length > 0) {
    const given = ['nats', ...cli.args].join(' ');
    throw new UsageError(`There is no command '${given}'.`, 'Did you mean weir nats install?');
  }
  return { kind: 'natsInstall', options: { yes: cli.options.yes === true, from: text(cli, 'from') } };
}

function oneOf<T extends string>(cli: CAC, name: string, known: readonly string[]): T {
  const given = text(cli, name) ?? '';
  if (known.includes(given)) return given as T;
  const meant = nearest(given, known);
  throw new UsageError(
    `${flag(name)} is '${given}', and can be ${known.join(', ')}.`,
    advice(meant === null ? null : `${flag(name)} ${meant}`, helpOf(cli)),
  );
}

function wholeNumber(cli: CAC, name: string): number {
  const value: unknown = cli.options[name];
  if (Number.isInteger(value) && (value as number) > 0) return value as number;
  throw new UsageError(`${flag(name)} is '${String(value)}'.`, `Give a whole number of at least 1: ${flag(name)} 2.`);
}

function jobId(cli: CAC): string | null {
  const id = text(cli, 'jobId');
  if (id === null || /^[a-z0-9][a-z0-9-_]{0,62}$/.test(id)) return id;
  throw new UsageError(
    `'${id}' cannot be a job id.`,
    'Use 1 to 63 lower-case letters, digits, dashes and underscores, beginning with a letter or digit.',
  );
}

/** The option as it was typed: cac makes a number of what looks like one, and so loses leading zeros. */
function text(cli: CAC, name: string): string | null {
  const value: unknown = cli.options[name];
  if (value === undefined) return null;
  if (typeof value !== 'number') return String(value);
  const typed = cli.rawArgs.map((arg) => arg.replace(/^--[a-z-]+=/, ''));
  return typed.find((arg) => arg !== '' && Number(arg) === value) ?? String(value);
}

function advice(meant: string | null, help: string): string {
  return meant === null ? `See ${help}.` : `Did you mean ${meant}?`;
}

function helpOf(cli: CAC): string {
  return `weir ${cli.matchedCommandName} --help`;
}

/** `jobId` as it is typed: `--job-id`. */
function flag(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
