import { setTimeout as elapse } from 'node:timers/promises';
import { type Failure, failure } from '../../actors/protocol/failure.js';
import type { JobResult } from '../../actors/protocol/job-graph.js';
import { EngineError } from '../api/engine-error.js';
import type { ClusterClient } from '../runtime/cluster/cluster-client.js';
import { nodeClock } from '../runtime/world/clock.js';
import type { ClusterTarget } from './cluster-options.js';
import { exitCode } from './exit-code.js';
import { wishFor } from './savepoint-command.js';
import type { StopSavepoint } from './savepoint-options.js';
import type { Terminal } from './terminal.js';
import { withCluster } from './with-cluster.js';

export interface StopOptions {
  readonly target: ClusterTarget;
  readonly job: string;
  /** null: without one. */
  readonly savepoint: StopSavepoint | null;
}

const lookEveryMs = 250;

/** Tells a cluster to end a job in good order; that it has ended is seen in `weir list`. With a savepoint it waits for that, and prints its name. */
export async function stopCommand({ target, job, savepoint }: StopOptions, terminal: Terminal): Promise<number> {
  if (savepoint !== null)
    return withCluster(target, terminal, (client) => stopWithSavepoint(client, job, savepoint, terminal));
  const outcome = await withCluster(target, terminal, (client) => client.stop(job));
  if (outcome === null)
    terminal.say(`job ${job} is stopping: it reads nothing more, and ends when all it has read is committed`);
  else terminal.say(`job ${job} ${endings[outcome]} already`);
  return outcome === null || outcome === 'finished' ? exitCode.done : exitCode.failed;
}

async function stopWithSavepoint(
  client: ClusterClient,
  job: string,
  { name, drain, timeoutMs }: StopSavepoint,
  terminal: Terminal,
): Promise<number> {
  const stop = { ...wishFor(job, name), drain };
  const ended = (await client.stopWithSavepoint(job, stop)) ?? (await untilEnded(client, job, stop.name, timeoutMs));
  const { outcome, savepoint } = ended;
  if (savepoint === stop.name) {
    const next = drain
      ? 'its input has ended, so nothing goes on from it'
      : `go on from it: weir submit … --from ${savepoint}`;
    terminal.say(`job ${job} has finished with savepoint ${savepoint}; ${next}`);
    terminal.out(savepoint);
    return exitCode.done;
  }
  const how = savepoint === undefined ? 'no savepoint was taken' : `it was stopped with savepoint ${savepoint}`;
  terminal.say(`job ${job} ${endings[outcome]}, and ${how}`);
  return exitCode.failed;
}

/** Its end is durable. Rejects with SAVEPOINT_TIMEOUT; the job stops all the same. */
async function untilEnded(client: ClusterClient, job: string, name: string, timeoutMs: number): Promise<JobResult> {
  const untilMs = nodeClock.monotonicMs() + timeoutMs;
  while (nodeClock.monotonicMs() < untilMs) {
    const answer = await client.describe(job);
    if (answer.type === 'job.ended') return answer.result;
    await elapse(lookEveryMs);
  }
  throw new EngineError(late(job, name, timeoutMs));
}

const late = (job: string, name: string, timeoutMs: number): Failure =>
  failure(
    'SAVEPOINT_TIMEOUT',
    'infrastructure',
    `Job '${job}' has not ended with savepoint '${name}' within ${timeoutMs / 1_000} s. It will: weir info ${job} tells what it waits for.`,
  );

const endings = { finished: 'has finished', canceled: 'was canceled', failed: 'has failed' } as const;
