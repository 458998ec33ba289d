import type { JobMasterMessage } from '../job-master/messages.js';
import type { Decision } from '../kernel/actor.js';
import { actorNames } from '../protocol/ids.js';
import type { CheckpointCoordinatorContext } from './context.js';

type Context = CheckpointCoordinatorContext;

const due = 'checkpoint.due';

/** Sets the time of the next checkpoint, or of the end of the job; none when only the final one is wanted. */
export function schedule(context: Context): Decision<Context> {
  const delayMs = nextDelayMs(context);
  if (delayMs === null) return {};
  return { effects: [{ kind: 'timer.start', timer: due, delayMs, message: { type: due } }] };
}

export const unschedule = (): Decision<Context> => ({ effects: [{ kind: 'timer.stop', timer: due }] });

/** A checkpoint that is complete or given up before this began is older than the wish: it is the next one that counts. */
export const noteAsked = ({ asked }: Context): Decision<Context> =>
  asked === 'none' ? { context: { asked: 'wanted' } } : {};

/** The checkpoint that was asked for is over. */
export function reportAsked({ plan, asked }: Context): Decision<Context> {
  if (asked !== 'taking') return {};
  const message: JobMasterMessage = { type: 'checkpointCoordinator.checkpointed', run: plan.run };
  return { context: { asked: 'none' }, effects: [{ kind: 'tell', actor: actorNames.jobMaster(plan.job), message }] };
}

function nextDelayMs({ plan, unfinished, undrained, failures, savepoint, stop, asked }: Context): number | null {
  const { checkpointIntervalMs, checkpointMinPauseMs } = plan.graph.options;
  if (unfinished === 0 || savepoint?.step === 'wanted' || asked === 'wanted') return 0;
  // Until the savepoint with which the job ends no checkpoint may come: it could be the last one.
  if (stop?.wish.drain && undrained > 0) return null;
  if (stop !== null) return failures === 0 ? 0 : Math.max(checkpointMinPauseMs, plan.askEveryMs);
  // The final checkpoint is taken at once, but one that has just failed would fail again: no storm of retries.
  if (undrained === 0) return failures === 0 ? 0 : Math.max(checkpointMinPauseMs, plan.askEveryMs);
  return checkpointIntervalMs === null ? null : Math.max(checkpointIntervalMs, checkpointMinPauseMs);
}
