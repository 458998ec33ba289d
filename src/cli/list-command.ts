import type { Shortage } from '../../actors/resource-manager/messages.js';
import { shortageText } from '../runtime/cluster/shortage-text.js';
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
  const { listing, shortages } = await withCluster(target, terminal, async (client) => ({
    listing: await client.jobs(),
    shortages: (await client.resources()).shortages,
  }));
  const { epoch, jobs, more } = listing;
  if (format === 'json') {
    terminal.out(JSON.stringify({ cluster: target.cluster, epoch, jobs, shortages, more }));
    return exitCode.done;
  }
  const rows = jobs.map(({ job, state, failure }) => [
    job,
    state,
    failure === null ? waitText(shortages, job) : `${failure.code}: ${failure.message}`,
  ]);
  if (rows.length === 0)
    terminal.say(`There are no jobs in cluster '${target.cluster}'. Submit one: weir submit job.ts.`);
  else terminal.out(tableText(['JOB', 'STATE', 'FAILURE'], rows));
  if (more > 0) terminal.say(`and ${more} more that ended earlier`);
  return exitCode.done;
}

/** Why a job that is running does nothing yet; an empty string when it waits for no slots. */
function waitText(shortages: readonly Shortage[], job: string): string {
  const shortage = shortages.find((each) => each.job === job);
  return shortage === undefined ? '' : shortageText(shortage);
}
