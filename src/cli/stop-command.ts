import type { ClusterTarget } from './cluster-options.js';
import { exitCode } from './exit-code.js';
import type { Terminal } from './terminal.js';
import { withCluster } from './with-cluster.js';

export interface StopOptions {
  readonly target: ClusterTarget;
  readonly job: string;
}

/** Tells a cluster to end a job in good order; that it has ended is seen in `weir list`. */
export async function stopCommand({ target, job }: StopOptions, terminal: Terminal): Promise<number> {
  const outcome = await withCluster(target, terminal, (client) => client.stop(job));
  if (outcome === null)
    terminal.say(`job ${job} is stopping: it reads nothing more, and ends when all it has read is committed`);
  else terminal.say(`job ${job} ${endings[outcome]} already`);
  return outcome === null || outcome === 'finished' ? exitCode.done : exitCode.failed;
}

const endings = { finished: 'has finished', canceled: 'was canceled', failed: 'has failed' } as const;
