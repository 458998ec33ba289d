import type { ClusterTarget } from './cluster-options.js';
import { exitCode } from './exit-code.js';
import type { Terminal } from './terminal.js';
import { withCluster } from './with-cluster.js';

export interface CancelOptions {
  readonly target: ClusterTarget;
  readonly job: string;
}

/** Tells a cluster to end a job; that it has ended is seen in `weir list`. */
export async function cancelCommand({ target, job }: CancelOptions, terminal: Terminal): Promise<number> {
  await withCluster(target, terminal, (client) => client.cancel(job));
  terminal.say(`job ${job} is being canceled`);
  return exitCode.done;
}
