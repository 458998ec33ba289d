import { type ClusterClient, connectClient } from '../runtime/cluster/cluster-client.js';
import type { ClusterTarget } from './cluster-options.js';
import type { Terminal } from './terminal.js';

/** Does something with a connection to a cluster, and closes it. */
export async function withCluster<R>(
  target: ClusterTarget,
  terminal: Terminal,
  work: (client: ClusterClient) => Promise<R>,
): Promise<R> {
  const client = await connectClient(target, (line) => terminal.say(line));
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
