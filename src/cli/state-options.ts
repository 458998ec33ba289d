import type { CAC } from 'cac';
import type { JobGraph, StateBackendName } from '../../actors/protocol/job-graph.js';
import { UsageError } from './exit-code.js';
import { oneOf, text } from './options.js';

type Command = ReturnType<CAC['command']>;

const backends: readonly StateBackendName[] = ['heap', 'disk'];
const cacheBytesMin = 1_024 * 1_024;

/** For what offers slots. */
export function withStateOnDisk(command: Command): Command {
  return command
    .option('--state-cache <size>', 'Memory of each slot for state on disk (default: 128MB)')
    .option('--state-dir <dir>', 'Where state on disk is kept while a job runs (default: a temporary folder)');
}

/** For what runs a job. */
export function withStateBackend(command: Command): Command {
  return command.option('--state-backend <name>', 'Where keyed state lives: heap or disk (default: as the job says)');
}

export interface StateOnDisk {
  readonly stateFolder: string | null;
  readonly stateMemoryBytes: number | null;
}

export const stateOnDisk = (cli: CAC): StateOnDisk => ({
  stateFolder: text(cli, 'stateDir'),
  stateMemoryBytes: stateCacheBytes(cli),
});

/** Null: as the job says. */
export const stateBackend = (cli: CAC): StateBackendName | null =>
  cli.options.stateBackend === undefined ? null : oneOf<StateBackendName>(cli, 'stateBackend', backends);

/** The graph as it is submitted. */
export const withBackend = (graph: JobGraph, backend: StateBackendName | null): JobGraph =>
  backend === null ? graph : { ...graph, options: { ...graph.options, stateBackend: backend } };

const units: Readonly<Record<string, number>> = { KB: 1_024, MB: 1_024 ** 2, GB: 1_024 ** 3 };

function stateCacheBytes(cli: CAC): number | null {
  const given = text(cli, 'stateCache');
  if (given === null) return null;
  const [, digits, unit] = /^([0-9]+)(KB|MB|GB)$/i.exec(given) ?? [];
  const bytes = Number(digits) * (units[unit?.toUpperCase() ?? ''] ?? Number.NaN);
  if (bytes >= cacheBytesMin && Number.isSafeInteger(bytes)) return bytes;
  throw new UsageError(`--state-cache is '${given}'.`, 'Give a size of at least 1MB: --state-cache 256MB.');
}
