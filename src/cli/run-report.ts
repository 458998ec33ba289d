import type { Failure } from '../../actors/protocol/failure.js';
import type { JobResult } from '../../actors/protocol/job-graph.js';
import { exitCode } from './exit-code.js';
import type { Interrupts } from './interrupts.js';
import type { Terminal } from './terminal.js';

export interface Circumstances {
  /** It had ended in an earlier run. */
  readonly hadEnded: boolean;
  readonly interrupts: Interrupts;
  /** How to run it again from the beginning. */
  readonly again: string;
  readonly sayFailure: (failure: Failure) => void;
}

/** Says how a job ended; the value is the exit code. */
export function reportResult(
  { job, outcome, failure, savepoint }: JobResult,
  { hadEnded, interrupts, again, sayFailure }: Circumstances,
  terminal: Pick<Terminal, 'colors' | 'note' | 'say'>,
): number {
  const name = terminal.colors.cyan(job);
  if (outcome === 'failed' && failure !== null) sayFailure(failure);
  if (hadEnded) terminal.say(`Job '${job}' ${endings[outcome]} already, so nothing was run. ${again}`);
  else if (outcome === 'canceled') terminal.say(`${name} was canceled`);
  else if (outcome === 'finished' && savepoint !== undefined)
    terminal.say(`${name} finished with savepoint ${savepoint}`);
  else if (outcome === 'finished') terminal.note(`${name} finished after ${process.uptime().toFixed(1)} s`);
  if (outcome === 'finished') return exitCode.done;
  return outcome === 'failed' ? exitCode.failed : (interrupts.code ?? exitCode.failed);
}

const endings = { finished: 'has finished', canceled: 'was canceled', failed: 'has failed' } as const;
