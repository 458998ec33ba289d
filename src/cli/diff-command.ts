import { keyGroupsBefore } from '../../actors/protocol/savepoint.js';
import { buildJob } from '../api/job-definition.js';
import { engineModules } from '../engine-modules.js';
import { bundleJob } from '../runtime/code/bundle.js';
import { loadJob } from '../runtime/code/load.js';
import { nodeClock } from '../runtime/world/clock.js';
import { type DeployDiff, deployDiff, type OperatorDiff } from '../state-api/deploy-diff.js';
import { exitCode } from './exit-code.js';
import { type SavepointPlace, withSavepoint } from './state-command.js';
import type { Terminal } from './terminal.js';

export interface DiffOptions {
  readonly path: string;
  readonly params: readonly string[];
  readonly place: SavepointPlace;
  readonly allowDroppedState: boolean;
  readonly json: boolean;
}

/** Says, before anything is stopped or run, what becomes of the state of a savepoint. The exit code is 0 when the job can begin with it. */
export async function diffCommand(options: DiffOptions, terminal: Terminal): Promise<number> {
  const { path, params, place, allowDroppedState, json } = options;
  const definition = await loadJob(await bundleJob(path, 'module', engineModules), engineModules);
  const diff = await withSavepoint(place, terminal, async (savepoint) => {
    // Also those of operators that cannot be opened here: a job that begins with it reads them all.
    await savepoint.verify();
    return deployDiff(buildJob(definition, params, keyGroupsBefore(savepoint.manifest)).program, savepoint, nodeClock);
  });
  const isWell = diff.verdict === 'fits' || (diff.verdict === 'dropped' && allowDroppedState);
  if (json) terminal.out(JSON.stringify({ ...diff, fits: isWell }));
  else for (const line of linesOf(diff, allowDroppedState)) terminal.out(line);
  return isWell ? exitCode.done : exitCode.doesNotFit;
}

function* linesOf({ title, verdict, notes, operators }: DeployDiff, allowDroppedState: boolean): Generator<string> {
  for (const operator of operators) yield* operatorLines(operator);
  for (const note of notes) yield `! ${note}`;
  if (verdict === 'fits') yield `The job can begin with ${title}.`;
  else if (verdict === 'refused') yield `The job cannot begin with ${title}.`;
  else if (allowDroppedState) yield `The job can begin with ${title}, and leaves state behind.`;
  else yield `The job can begin with ${title} only with --allow-dropped-state.`;
}

const signs = { fits: '=', migrated: '>', new: '+', kept: '=', dropped: '-', refused: '!' } as const;

function* operatorLines({ uid, verdict, notes, states }: OperatorDiff): Generator<string> {
  yield `${signs[verdict]} ${uid}: ${verdict}`;
  for (const { state, kind, verdict: own, why } of states) {
    yield `    ${signs[own]} ${kind} state '${state}': ${own}${why === '' ? '' : `; ${why}`}`;
  }
  for (const note of notes) yield `    ${note}`;
}
