import type { CAC, Command as Declared } from 'cac';
import { isSavepointName, savepointNameRule } from '../../actors/protocol/savepoint.js';
import type { WantedOrigin } from '../savepoint/index.js';
import { isSavepointPath } from '../savepoint/index.js';
import { UsageError } from './exit-code.js';
import { checkedJobId, text, wholeNumber } from './options.js';

/** What `weir savepoint` is to do. */
export type SavepointAction =
  | { readonly kind: 'take'; readonly job: string; readonly name: string | null; readonly timeoutMs: number }
  | { readonly kind: 'delete'; readonly name: string };

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
      'Begin with the state of this savepoint; without a cluster also the path of its folder',
    )
    .option('--allow-dropped-state', 'Leave behind state of operators that the job does not have');

export function savepointAction(cli: CAC): SavepointAction {
  const [first, second, ...more] = cli.args;
  if (first === 'delete' && second !== undefined && more.length === 0)
    return { kind: 'delete', name: checkedName(second) };
  if (first !== undefined && first !== 'delete' && second === undefined) {
    return { kind: 'take', job: checkedJobId(first), name: wantedName(cli), timeoutMs: timeoutMs(cli) };
  }
  throw new UsageError(
    'weir savepoint takes the id of one job, or delete and the name of a savepoint.',
    'weir list prints the ids, weir savepoints the names: weir savepoint <job>.',
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
export function originOption(cli: CAC, mayBePath: boolean): WantedOrigin | null {
  const from = text(cli, 'from');
  const allowDroppedState = cli.options.allowDroppedState === true;
  if (from !== null && mayBePath && isSavepointPath(from)) return { savepoint: from, allowDroppedState };
  if (from !== null) return { savepoint: checkedName(from), allowDroppedState };
  if (!allowDroppedState) return null;
  throw new UsageError(
    '--allow-dropped-state is for a job that begins with a savepoint.',
    'Give --from too, or leave it out.',
  );
}

function wantedName(cli: CAC): string | null {
  const name = text(cli, 'to');
  return name === null ? null : checkedName(name);
}

export function checkedName(name: string): string {
  if (isSavepointName(name)) return name;
  throw new UsageError(`'${name}' is no name of a savepoint.`, `Use ${savepointNameRule}.`);
}

const timeoutMs = (cli: CAC): number => wholeNumber(cli, 'timeout') * 1_000;
