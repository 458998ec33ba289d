import { bytesText } from '../../actors/protocol/memory-size.js';
import type { ResourceDescription } from '../../actors/resource-manager/messages.js';
import { shortageText } from '../runtime/cluster/shortage-text.js';
import type { ListFormat } from './cluster-commands.js';
import type { ClusterTarget } from './cluster-options.js';
import { exitCode } from './exit-code.js';
import { tableText } from './table-text.js';
import type { Terminal } from './terminal.js';
import { withCluster } from './with-cluster.js';

export interface StatusOptions {
  readonly target: ClusterTarget;
  readonly format: ListFormat;
}

/** Prints the task managers and slots of a cluster to stdout, with whoever waits for more, and how many jobs there are. */
export async function statusCommand({ target, format }: StatusOptions, terminal: Terminal): Promise<number> {
  const { cluster } = target;
  const { resources, listing } = await withCluster(target, terminal, async (client) => ({
    resources: await client.resources(),
    listing: await client.jobs(),
  }));
  const { epoch, taskManagers, lost, shortages } = resources;
  const running = listing.jobs.filter(({ state }) => state === 'running').length;
  const jobs = { running, others: listing.jobs.length + listing.more - running };
  if (format === 'json') terminal.out(JSON.stringify({ cluster, epoch, taskManagers, lost, shortages, jobs }));
  else terminal.out(statusText(cluster, resources, jobs));
  return exitCode.done;
}

function statusText(
  cluster: string,
  { epoch, taskManagers, lost, shortages }: ResourceDescription,
  jobs: { readonly running: number; readonly others: number },
): string {
  const rows = [
    ...taskManagers.map(({ process, status, slotMemoryBytes, jobs: slots }) => [
      process,
      status,
      String(slots.length),
      bytesText(slotMemoryBytes),
      String(slots.filter((job) => job === null).length),
      [...new Set(slots.filter((job) => job !== null))].join(' '),
    ]),
    ...withoutSuccessors(lost, taskManagers).map(({ process, reason }) => [
      process,
      `lost: ${reason}`,
      '0',
      '',
      '0',
      '',
    ]),
  ];
  return [
    `cluster '${cluster}', epoch ${epoch}: jobs running ${jobs.running}, ended or ending ${jobs.others}`,
    rows.length === 0
      ? 'no task managers; start one with weir taskmanager'
      : tableText(['TASK MANAGER', 'STATE', 'SLOTS', 'OF', 'FREE', 'JOBS'], rows),
    ...shortages.map((shortage) => `job ${shortage.job} ${shortageText(shortage)}`),
  ].join('\n');
}

/** The latest life of each process that is lost, where no later one has registered. */
function withoutSuccessors(
  lost: ResourceDescription['lost'],
  living: ResourceDescription['taskManagers'],
): ResourceDescription['lost'] {
  const seen = new Set(living.map(({ process }) => process));
  return lost.filter(({ process }) => !seen.has(process) && seen.add(process));
}
