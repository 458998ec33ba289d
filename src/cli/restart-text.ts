import type { JobDescription } from '../../actors/job-master/messages.js';
import { runText } from '../../actors/protocol/ids.js';
import type { RestartStrategy } from '../../actors/protocol/restart-strategy.js';

/** What follows a failure of the job's code, how many are counted, and what is being waited for. */
export function restartText({ strategy, counted, countedMax, delayMs, run }: JobDescription['restart']): string {
  const failures = counted === 1 ? '1 failure' : `${counted} failures`;
  const limit = countedMax === null ? 'any number may come' : `${countedMax} may come`;
  const next = delayMs === null ? '' : `; run ${runText(run)} begins after ${delayMs} ms`;
  return `${strategyText(strategy)}; ${failures} of its own code counted, ${limit}${next}`;
}

function strategyText(strategy: RestartStrategy): string {
  switch (strategy.kind) {
    case 'none':
      return 'none';
    case 'fixedDelay':
      return `fixed delay of ${strategy.delayMs} ms`;
    case 'exponentialDelay':
      return `exponential delay, from ${strategy.delayMs} to ${strategy.delayMaxMs} ms`;
    case 'failureRate':
      return `failure rate within ${strategy.intervalMs} ms, delay of ${strategy.delayMs} ms`;
  }
}
