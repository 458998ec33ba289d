import type { CAC, Command as Declared } from 'cac';
import { isSavepointName, savepointNameRule } from '../../actors/protocol/savepoint.js';
import { isSavepointPath, type OriginPlace, originPlace } from '../savepoint/index.js';
import { UsageError } from './exit-code.js';
import { checkedJobId, text, wholeNumber } from './options.js';

/** What `weir savepoint` is to do. */
export type SavepointAction =
  | { readonly kind: 'take'; readonly job: string; readonly name: string | null; readonly timeoutMs: number }
  | { readonly kind: 'delete'; readonly name: string }
  /** Out of the cluster, into a folder. */
  | { readonly kind: 'copy'; readonly name: string; readonly folder: string }
  /** Into the cluster, from a folder of a savepoint. */
  | { readonly kind: 'import'; readonly path: string };

/** With which savepoint a job is to begin, as the command line says it. */
export interface GivenOrigin {
  readonly place: OriginPlace;
  readonly allowDroppedState: boolean;
}

/** How `weir stop` ends the job; null: its input ends, and nothing is kept. */
export interface StopSavepoint {
  readonly name: string | null;
  readonly drain: boolean;
  readonly timeoutMs: number;
}

const timeoutSeconds = 600;

export const withSavepoint = (command: Declared): Declared =>
  command
    .option('--to <name>', 'What the savepoint is called (default: the job and the time)')
    .option('--timeout <seconds>', 'How long to wait for it', { default: timeoutSeconds });

export const withOrigin = (command: Declared): Declared =>
  command
    .option(
      '--from <savepoint>',
      'Begin with the state of this savepoint, by its name or the path of its folder, or of checkpoint:<job> that has ended',
    )
    .option('--allow-dropped-state', 'Leave behind state of operators that the job does not have');

export function savepointAction(cli: CAC): SavepointAction {
  const [first, second, ...more] = cli.args;
  if (first === 'delete' && second !== undefined && more.length === 0)
    return { kind: 'delete', name: checkedSavepointName(second) };
  if (first === 'copy' && second !== undefined && more.length === 1)
    return { kind: 'copy', name: checkedSavepointName(second), folder: more[0] ?? '' };
  if (first === 'import' && second !== undefined && more.length === 0)
    return { kind: 'import', path: checkedPath(second) };
  if (first !== undefined && !words.includes(first) && second === undefined) {
    return { kind: 'take', job: checkedJobId(first), name: wantedName(cli), timeoutMs: timeoutMs(cli) };
  }
  throw new UsageError(
    'weir savepoint takes the id of one job, or delete, copy or import and what that needs.',
    'weir list prints the ids, weir savepoints the names; see weir savepoint --help.',
  );
}

export function stopSavepoint(cli: CAC): StopSavepoint | null {
  const { savepoint, drain } = cli.options;
  if (savepoint === true) return { name: wantedName(cli), drain: drain === true, timeoutMs: timeoutMs(cli) };
  const option = drain === true ? '--drain' : text(cli, 'to') === null ? null : '--to';
  if (option === null) return null;
  throw new UsageError(`${option} is for a stop with a savepoint.`, 'Give --savepoint too, or leave it out.');
}

/** Null: the job begins anew. */
export function originOption(cli: CAC): GivenOrigin | null {
  const from = text(cli, 'from');
  const allowDroppedState = cli.options.allowDroppedState === true;
  if (from !== null) return { place: checkedPlace(from), allowDroppedState };
  if (!allowDroppedState) return null;
  throw new UsageError(
    '--allow-dropped-state is for a job that begins with a savepoint.',
    'Give --from too, or leave it out.',
  );
}

function wantedName(cli: CAC): string | null {
  const name = text(cli, 'to');
  return name === null ? null : checkedSavepointName(name);
}

export function checkedSavepointName(name: string): string {
  if (isSavepointName(name)) return name;
  throw new UsageError(`'${name}' is no name of a savepoint.`, `Use ${savepointNameRule}.`);
}

export function checkedPlace(from: string): OriginPlace {
  const place = originPlace(from);
  if (place !== null) return place;
  if (!from.startsWith('checkpoint:')) checkedSavepointName(from);
  throw new UsageError(`'${from}' names no checkpoint.`, 'Write checkpoint:<job> or checkpoint:<job>/<epoch>-<n>.');
}

function checkedPath(path: string): string {
  if (isSavepointPath(path)) return path;
  throw new UsageError(`'${path}' is no path of a savepoint.`, 'Give the path of its folder: …/savepoints/<name>.');
}

/** What `weir savepoint` takes beside the id of a job. */
const words: readonly string[] = ['delete', 'copy', 'import'];

const timeoutMs = (cli: CAC): number => wholeNumber(cli, 'timeout') * 1_000;
