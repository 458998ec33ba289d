import type { JobMasterMessage } from '../job-master/messages.js';
import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import { actorNames } from '../protocol/ids.js';
import type { CheckpointCoordinatorContext, Timing } from './context.js';

type Context = CheckpointCoordinatorContext;

const due = 'checkpoint.due';
const paused = 'checkpoint.paused';

/**
 * Sets the time of the next checkpoint, or of the end of the job; none when only the final one is wanted. The interval goes from begin to begin, so it runs
 * since the newest one began, except before the first; one that was under way when it ended is followed at once by the next. The pause goes from end to begin.
 */
export function schedule(context: Context): Decision<Context> {
  const { checkpointMinPauseMs } = context.plan.graph.options;
  const { timing } = context;
  const pauses = timing.pause === 'owed' && checkpointMinPauseMs > 0;
  const pause = timing.pause === 'owed' ? (pauses ? 'running' : 'over') : timing.pause;
  const next = { ...timing, pause } as const;
  const delayMs = nextDelayMs({ ...context, timing: next });
  return {
    context: { timing: next },
    effects: [
      ...(pauses ? [timer(paused, checkpointMinPauseMs)] : []),
      ...(delayMs === null ? [] : [timer(due, delayMs)]),
    ],
  };
}

/** The interval begins with the checkpoint, a savepoint too: no wish makes two of them come closer, and none takes one away for good. */
export function startInterval({ plan, timing: { asked } }: Context): {
  readonly timing: Timing;
  readonly effects: readonly Effect[];
} {
  const intervalMs = intervalOf(plan);
  return {
    timing: { asked: asked === 'none' ? 'none' : 'taking', due: false, pause: 'owed' },
    effects: [
      { kind: 'timer.stop', timer: paused },
      intervalMs === null ? { kind: 'timer.stop', timer: due } : timer(due, intervalMs),
    ],
  };
}

const timer = (type: typeof due | typeof paused, delayMs: number): Effect => ({
  kind: 'timer.start',
  timer: type,
  delayMs,
  message: { type },
});

/** A checkpoint is under way, or the pause after one: the next begins when that is over. */
export const noteDue = ({ timing }: Context): Decision<Context> => ({ context: { timing: { ...timing, due: true } } });

export const notePaused = ({ timing }: Context): Decision<Context> => ({
  context: { timing: { ...timing, pause: 'over' } },
});

/** Something is wanted, or the interval and the pause are over. */
export const mayBegin = (context: Context): boolean =>
  urgentMs(context) !== null || (isPeriodic(context) && context.timing.pause !== 'running');

export const beginsAfterPause = (context: Context): boolean =>
  urgentMs(context) === null && isPeriodic(context) && context.timing.due;

/** A checkpoint that is complete or given up before this began is older than the wish: it is the next one that counts. */
export const noteAsked = ({ timing }: Context): Decision<Context> =>
  timing.asked === 'none' ? { context: { timing: { ...timing, asked: 'wanted' } } } : {};

/** The checkpoint that was asked for is over. */
export function reportAsked({ plan, timing }: Context): Decision<Context> {
  if (timing.asked !== 'taking') return {};
  const message: JobMasterMessage = { type: 'checkpointCoordinator.checkpointed', run: plan.run };
  return {
    context: { timing: { ...timing, asked: 'none' } },
    effects: [{ kind: 'tell', actor: actorNames.jobMaster(plan.job), message }],
  };
}

/** From now on; null where the interval runs, or nothing is to begin. */
function nextDelayMs(context: Context): number | null {
  const { plan, timing } = context;
  const urgent = urgentMs(context);
  if (urgent !== null || !isPeriodic(context)) return urgent;
  if (timing.pause === 'none') return intervalOf(plan);
  return timing.due && timing.pause === 'over' ? 0 : null;
}

/** What does not wait for the interval; null where nothing of the kind is wanted. */
function urgentMs({ plan, unfinished, undrained, failures, savepoint, stop, timing }: Context): number | null {
  if (unfinished === 0 || savepoint?.step === 'wanted' || timing.asked === 'wanted') return 0;
  // Until the savepoint with which the job ends no checkpoint may come: it could be the last one.
  if (stop?.wish.drain && undrained > 0) return null;
  // The final checkpoint is taken at once, but one that has just failed would fail again: no storm of retries.
  if (stop === null && undrained > 0) return null;
  return failures === 0 ? 0 : Math.max(plan.graph.options.checkpointMinPauseMs, plan.askEveryMs);
}

/** Checkpoints come by the clock: there is an interval, and the job does not end with a savepoint. */
const isPeriodic = ({ plan, undrained, stop }: Context): boolean =>
  plan.graph.options.checkpointIntervalMs !== null && undrained > 0 && stop === null;

/** No shorter than the pause between two. */
function intervalOf({ graph }: Context['plan']): number | null {
  const { checkpointIntervalMs, checkpointMinPauseMs } = graph.options;
  return checkpointIntervalMs === null ? null : Math.max(checkpointIntervalMs, checkpointMinPauseMs);
}
