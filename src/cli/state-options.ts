import type { CAC } from 'cac';
import type { JobGraph, StateBackendName } from '../../actors/protocol/job-graph.js';
import { oneOf, text } from './options.js';

type Command = ReturnType<CAC['command']>;

const backends: readonly StateBackendName[] = ['heap', 'disk'];

/** For what offers slots. */
export function withStateOnDisk(command: Command): Command {
  return command.option(
    '--state-dir <dir>',
    'Where state on disk is kept while a job runs (default: a temporary folder)',
  );
}

/** For what runs a job. */
export function withStateBackend(command: Command): Command {
  return command.option('--state-backend <name>', 'Where keyed state lives: heap or disk (default: as the job says)');
}

/** Null: the default. */
export const stateFolder = (cli: CAC): string | null => text(cli, 'stateDir');

/** Null: as the job says. */
export const stateBackend = (cli: CAC): StateBackendName | null =>
  cli.options.stateBackend === undefined ? null : oneOf<StateBackendName>(cli, 'stateBackend', backends);

/** The graph as it is submitted. */
export const withBackend = (graph: JobGraph, backend: StateBackendName | null): JobGraph =>
  backend === null ? graph : { ...graph, options: { ...graph.options, stateBackend: backend } };
