import type { ListFormat } from './cluster-commands.js';
import type { ClusterTarget } from './cluster-options.js';
import { exitCode } from './exit-code.js';
import { tableText } from './table-text.js';
import type { Terminal } from './terminal.js';
import { withCluster } from './with-cluster.js';

export interface ListOptions {
  readonly target: ClusterTarget;
  readonly format: ListFormat;
}

/** Prints the jobs of a cluster to stdout. */
export async function listCommand({ target, format }: ListOptions, terminal: Terminal): Promise<number> {
  const { epoch, jobs, more } = await withCluster(target, terminal, (client) => client.jobs());
  if (format === 'json') {
    terminal.out(JSON.stringify({ cluster: target.cluster, epoch, jobs, more }));
    return exitCode.done;
  }
  const rows = jobs.map(({ job, state, failure }) => [
    job,
    state,
    failure === null ? '' : `${failure.code}: ${failure.message}`,
  ]);
  if (rows.length === 0)
    terminal.say(`There are no jobs in cluster '${target.cluster}'. Submit one: weir submit job.ts.`);
  else terminal.out(tableText(['JOB', 'STATE', 'FAILURE'], rows));
  if (more > 0) terminal.say(`and ${more} more that ended earlier`);
  return exitCode.done;
}
