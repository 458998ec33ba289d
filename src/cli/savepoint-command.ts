import type { SavepointWish } from '../../actors/protocol/savepoint.js';
import { nodeClock } from '../runtime/world/clock.js';
import { nodeEntropy } from '../runtime/world/entropy.js';
import type { ClusterTarget } from './cluster-options.js';
import { exitCode } from './exit-code.js';
import type { SavepointAction } from './savepoint-options.js';
import type { Terminal } from './terminal.js';
import { withCluster } from './with-cluster.js';

export interface SavepointOptions {
  readonly target: ClusterTarget;
  readonly action: SavepointAction;
}

/** Takes a savepoint of a running job and prints its name when it is there; or deletes one. */
export async function savepointCommand({ target, action }: SavepointOptions, terminal: Terminal): Promise<number> {
  if (action.kind === 'delete') {
    await withCluster(target, terminal, (client) => client.deleteSavepoint(action.name));
    terminal.say(`savepoint ${action.name} is deleted`);
    return exitCode.done;
  }
  const { job, timeoutMs } = action;
  const wish = wishFor(job, action.name);
  const { name, bytes } = await withCluster(target, terminal, (client) => client.savepoint(job, wish, timeoutMs));
  terminal.say(`savepoint ${name} of job ${job} is complete, ${bytes.toLocaleString('en')} bytes; the job goes on`);
  terminal.out(name);
  return exitCode.done;
}

/** The job and the time, where nobody has said how it is to be called. */
export const wishFor = (job: string, name: string | null): SavepointWish => ({
  name: name ?? `${job}-${timeText(new Date(nodeClock.wallMs()))}`,
  request: nodeEntropy.id(),
});

const timeText = (time: Date): string => time.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
