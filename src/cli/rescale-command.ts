import { setTimeout as elapse } from 'node:timers/promises';
import type { JobResult } from '../../actors/protocol/job-graph.js';
import type { Parallelism, ScaleChange } from '../../actors/protocol/scaling.js';
import { type ClusterClient, rescaleTimeout } from '../runtime/cluster/cluster-client.js';
import { nodeClock } from '../runtime/world/clock.js';
import { nodeEntropy } from '../runtime/world/entropy.js';
import type { ClusterTarget } from './cluster-options.js';
import { exitCode } from './exit-code.js';
import type { RescaleAction } from './rescale-options.js';
import type { Terminal } from './terminal.js';
import { withCluster } from './with-cluster.js';

export interface RescaleOptions {
  readonly target: ClusterTarget;
  readonly action: RescaleAction;
}

const lookEveryMs = 200;

/** Changes the parallelism of a running job, and says so when it runs again. */
export async function rescaleCommand({ target, action }: RescaleOptions, terminal: Terminal): Promise<number> {
  const { job, wish, timeoutMs } = action;
  return withCluster(target, terminal, async (client) => {
    const sinceMs = nodeClock.monotonicMs();
    const rescaling = await client.rescale(job, { ...wish, request: nodeEntropy.id() });
    if (rescaling === null) {
      terminal.say(`job ${job} has ended already`);
      return exitCode.failed;
    }
    const { changes, parallelism } = rescaling;
    if (changes.length === 0) {
      terminal.say(`job ${job} has that parallelism already`);
      return exitCode.done;
    }
    for (const change of changes) terminal.out(changeText(change));
    if (wish.wait) {
      terminal.say(`job ${job} is rescaled: it runs on as soon as there are slots for it`);
      return exitCode.done;
    }
    const state = await untilRunning(client, job, parallelism, timeoutMs);
    if (state !== 'running') {
      terminal.say(`job ${job} ${endings[state]} meanwhile`);
      return state === 'finished' ? exitCode.done : exitCode.failed;
    }
    const seconds = ((nodeClock.monotonicMs() - sinceMs) / 1_000).toFixed(1);
    terminal.say(`job ${job} runs on after ${seconds} s`);
    return exitCode.done;
  });
}

const endings = { finished: 'has finished', canceled: 'was canceled', failed: 'has failed' } as const;

const changeText = ({ name, from, to, joined }: ScaleChange): string =>
  `${name}: ${from} → ${to}${joined ? ', joined by a forward edge' : ''}`;

async function untilRunning(
  client: ClusterClient,
  job: string,
  wanted: Parallelism,
  timeoutMs: number,
): Promise<'running' | JobResult['outcome']> {
  const untilMs = nodeClock.monotonicMs() + timeoutMs;
  while (nodeClock.monotonicMs() < untilMs) {
    const answer = await client.describe(job);
    if (answer.type === 'job.ended') return answer.result.outcome;
    const { state, parallelism } = answer.job;
    const isThere = Object.entries(wanted).every(([vertex, count]) => parallelism[vertex] === count);
    if (isThere && state === 'running') return 'running';
    await elapse(lookEveryMs);
  }
  throw rescaleTimeout(job, timeoutMs);
}
