import { type GraphFormat, type GraphKind, printGraph } from '../graph/print/print-graph.js';
import { exitCode } from './exit-code.js';
import { loadJobFile } from './load-job-file.js';
import type { Terminal } from './terminal.js';

export interface InfoOptions {
  readonly path: string;
  readonly params: readonly string[];
  readonly graph: GraphKind;
  readonly format: GraphFormat;
}

/** Prints one of a job's graphs to stdout; nothing is run. */
export async function infoCommand({ path, params, graph, format }: InfoOptions, terminal: Terminal): Promise<number> {
  const { stream, program } = await loadJobFile(path, params);
  terminal.out(printGraph({ stream, job: program.graph }, graph, format));
  return exitCode.done;
}
