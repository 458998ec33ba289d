import type { ListFormat } from './cluster-commands.js';
import type { ClusterTarget } from './cluster-options.js';
import { exitCode } from './exit-code.js';
import { tableText } from './table-text.js';
import type { Terminal } from './terminal.js';
import { withCluster } from './with-cluster.js';

export interface SavepointsOptions {
  readonly target: ClusterTarget;
  readonly format: ListFormat;
}

/** Prints the savepoints of a cluster to stdout. */
export async function savepointsCommand({ target, format }: SavepointsOptions, terminal: Terminal): Promise<number> {
  const savepoints = await withCluster(target, terminal, async (client) => {
    const { savepoints: listed } = await client.savepoints();
    return Promise.all(
      listed.map(async ({ name, complete }) => {
        const described = complete ? await client.describeSavepoint(name) : null;
        return { name, complete, job: described?.job ?? null, bytes: described?.bytes ?? null };
      }),
    );
  });
  if (format === 'json') {
    terminal.out(JSON.stringify({ cluster: target.cluster, savepoints }));
    return exitCode.done;
  }
  const rows = savepoints.map(({ name, complete, job, bytes }) => [
    name,
    job ?? '',
    complete ? `${bytes?.toLocaleString('en')}` : 'not complete',
  ]);
  if (rows.length === 0)
    terminal.say(`There are no savepoints in cluster '${target.cluster}'. Take one: weir savepoint <job>.`);
  else terminal.out(tableText(['SAVEPOINT', 'JOB', 'BYTES'], rows));
  return exitCode.done;
}
