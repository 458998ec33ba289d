import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import type { Failure } from '../kernel/failure.js';
import type { JobRun } from '../protocol/ids.js';
import type { ExponentialDelay, RestartStrategy } from '../protocol/restart-strategy.js';
import { type Context, type On, runOf } from './context.js';

/** What the restart strategy remembers. A new leader begins anew: what a job has failed of under another one is not counted. */
export interface Restarting {
  /** Failures of the job's own code that count still. */
  readonly counted: number;
  /** How long the next run is waited with. */
  readonly delayMs: number;
}

/** Where the strategy says nothing: a lost process is no reason to wait longer, but a job that fails at once shall not do so without a pause. */
const lossDelayMs = 1_000;

export const restartingAnew = ({ restart }: { readonly restart: RestartStrategy }): Restarting => ({
  counted: 0,
  delayMs: lossDelay(restart),
});

/** What follows a failure: whether another run does, after how long, and when the failure is forgotten. */
export interface RestartDecision {
  readonly restarts: boolean;
  readonly restarting: Restarting;
  readonly effects: readonly Effect[];
}

/** Only failures of the job's own code are counted: that machines are lost says nothing of the job. */
export function decideRestart(context: Context, { domain }: Failure): RestartDecision {
  const strategy = strategyOf(context);
  const { counted } = context.restarting;
  if (domain !== 'user') return { restarts: true, restarting: { counted, delayMs: lossDelay(strategy) }, effects: [] };
  const failures = counted + 1;
  const max = restartsMax(strategy);
  const delayMs = delayAfter(strategy, failures, `${context.record.job}/${runOf(context)}`);
  return {
    restarts: max === null || failures <= max,
    restarting: { counted: failures, delayMs },
    effects: remembering(strategy, context.userFailures + 1, delayMs),
  };
}

/** Of how many failures that count each is followed by another run; null: of any number. */
function restartsMax(strategy: RestartStrategy): number | null {
  switch (strategy.kind) {
    case 'none':
      return 0;
    case 'fixedDelay':
    case 'exponentialDelay':
      return strategy.attempts;
    case 'failureRate':
      return strategy.failuresMax;
  }
}

function delayAfter(strategy: RestartStrategy, failures: number, run: string): number {
  if (strategy.kind === 'none') return lossDelayMs;
  return strategy.kind === 'exponentialDelay' ? exponential(strategy, failures, run) : strategy.delayMs;
}

const lossDelay = (strategy: RestartStrategy): number => (strategy.kind === 'none' ? lossDelayMs : strategy.delayMs);

/** The delay grows up to its maximum, and is spread around that; what is spread is neither shorter than the first nor longer than the last. */
function exponential({ delayMs, delayMaxMs, multiplier, jitter }: ExponentialDelay, failures: number, run: string) {
  const grown = Math.min(delayMaxMs, delayMs * multiplier ** (failures - 1));
  const spread = grown * (1 + jitter * (2 * drawn(run) - 1));
  return Math.round(Math.max(delayMs, Math.min(delayMaxMs, spread)));
}

/** From 0 to 1, another for each job and run, and always the same one: FNV-1a over the text, with its bits mixed once more. */
function drawn(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** One timer for the newest failure, where that makes all before it count; one for each where they are forgotten one by one. */
function remembering(strategy: RestartStrategy, failure: number, delayMs: number): readonly Effect[] {
  const message = { type: 'failure.outlived', failure } as const;
  if (strategy.kind === 'exponentialDelay')
    return [{ kind: 'timer.start', timer: message.type, delayMs: strategy.resetAfterMs + delayMs, message }];
  if (strategy.kind !== 'failureRate') return [];
  return [{ kind: 'timer.start', timer: `${message.type}/${failure}`, delayMs: strategy.intervalMs, message }];
}

/** So much time has gone by since that failure that it counts no more. */
export function forget(context: Context, { failure }: On<'failure.outlived'>): Decision<Context> {
  const { restarting, userFailures } = context;
  const isRate = strategyOf(context).kind === 'failureRate';
  // With the newest one all are forgotten; a newer one has begun the time anew.
  if (!isRate && failure !== userFailures) return {};
  const counted = isRate ? Math.max(0, restarting.counted - 1) : 0;
  return { context: { restarting: { ...restarting, counted } } };
}

export const restartMs = ({ restarting }: Context): number => restarting.delayMs;

const strategyOf = ({ record }: Context): RestartStrategy => record.graph.options.restart;

/** What the strategy is at, for people. */
export interface RestartDescription {
  readonly strategy: RestartStrategy;
  /** How many failures of the job's own code count still, and how many may; null: no limit. */
  readonly counted: number;
  readonly countedMax: number | null;
  /** How long the run that is backed off from is waited with; null while none is. */
  readonly delayMs: number | null;
  /** The run that comes after it. */
  readonly run: JobRun;
}

export const restartDescription = (context: Context, state: string): RestartDescription => ({
  strategy: strategyOf(context),
  counted: context.restarting.counted,
  countedMax: restartsMax(strategyOf(context)),
  delayMs: state === 'backingOff' ? context.restarting.delayMs : null,
  run: runOf(context),
});
