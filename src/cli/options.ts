import type { CAC } from 'cac';
import { bytesOf, bytesText, slotMemoryBytesMin } from '../../actors/protocol/memory-size.js';
import { UsageError } from './exit-code.js';
import { nearest } from './suggestion.js';

/** Throws a UsageError for an option that the command does not have, one without its value, and one that is given twice. */
export function checkOptions(cli: CAC): void {
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

/** The file of a job, as the command's only argument. */
export function onlyArgument(cli: CAC): string {
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

/** The option's value, which has a default; throws a UsageError unless it is one of those. */
export function oneOf<T extends string>(cli: CAC, name: string, known: readonly string[]): T {
  const given = text(cli, name) ?? '';
  if (known.includes(given)) return given as T;
  const meant = nearest(given, known);
  throw new UsageError(
    `${flag(name)} is '${given}', and can be ${known.join(', ')}.`,
    advice(meant === null ? null : `${flag(name)} ${meant}`, helpOf(cli)),
  );
}

/** The option's value; throws a UsageError unless it is 1 or more. */
export function wholeNumber(cli: CAC, name: string): number {
  const value: unknown = cli.options[name];
  if (Number.isInteger(value) && (value as number) > 0) return value as number;
  throw new UsageError(`${flag(name)} is '${String(value)}'.`, `Give a whole number of at least 1: ${flag(name)} 2.`);
}

/** The option as bytes; null when it is not given. Throws a UsageError for what is no size, and for less than any slot has. */
export function memorySize(cli: CAC, name: string): number | null {
  const given = text(cli, name);
  if (given === null) return null;
  const bytes = bytesOf(given);
  if (bytes !== null && bytes >= slotMemoryBytesMin) return bytes;
  const least = bytesText(slotMemoryBytesMin);
  throw new UsageError(`${flag(name)} is '${given}'.`, `Give a size of at least ${least}: ${flag(name)} 256MB.`);
}

export function jobId(cli: CAC): string | null {
  const id = text(cli, 'jobId');
  return id === null ? null : checkedJobId(id);
}

export function checkedJobId(id: string): string {
  if (/^[a-z0-9][a-z0-9-_]{0,62}$/.test(id)) return id;
  throw new UsageError(
    `'${id}' cannot be a job id.`,
    'Use 1 to 63 lower-case letters, digits, dashes and underscores, beginning with a letter or digit.',
  );
}

/** The option as it was typed: cac makes a number of what looks like one, and so loses leading zeros. */
export function text(cli: CAC, name: string): string | null {
  const value: unknown = cli.options[name];
  if (value === undefined) return null;
  if (typeof value !== 'number') return String(value);
  return typed(cli, name) ?? String(value);
}

/** The command line as it was typed, without the parameters of a job. */
export const ownArgs = ({ rawArgs }: CAC): readonly string[] =>
  rawArgs.includes('--') ? rawArgs.slice(0, rawArgs.indexOf('--')) : rawArgs;

function typed(cli: CAC, name: string): string | null {
  const names = cli.matchedCommand?.options.find((option) => option.names.includes(name))?.names ?? [name];
  const flags = names.map(flag);
  const args = ownArgs(cli);
  for (const [index, arg] of args.entries()) {
    const own = flags.find((each) => arg === each || arg.startsWith(`${each}=`));
    if (own !== undefined) return arg === own ? (args[index + 1] ?? null) : arg.slice(own.length + 1);
  }
  return null;
}

/** What to do about a word that is not known. */
export function advice(meant: string | null, help: string): string {
  return meant === null ? `See ${help}.` : `Did you mean ${meant}?`;
}

function helpOf(cli: CAC): string {
  return `weir ${cli.matchedCommandName} --help`;
}

/** `jobId` as it is typed: `--job-id`. */
function flag(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
