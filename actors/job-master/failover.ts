import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Effect } from '../kernel/effect.js';
import { type Failure, failure } from '../kernel/failure.js';
import { invariant } from '../kernel/invariant.js';
import { actorNames, runText, type SlotAddress, type SubtaskKey, sameAllocation } from '../protocol/ids.js';
import { atParallelism } from '../protocol/scaling.js';
import type { ResourceManagerMessage } from '../resource-manager/messages.js';
import { type Any, allocationOf, both, type Context, isAwaited, noRun, type On, questionOf, runOf } from './context.js';
import { noted } from './history.js';
import type { JobMasterAnswer } from './messages.js';
import { keysIn } from './phases.js';
import { openQuestions, unasked } from './questions.js';
import { decideRestart } from './restarting.js';
import { passOver } from './rollback.js';
import { askClosed, isAnyClosing, loseSlotsThere, processText, slotAfter, slotText } from './slots.js';

/** How many of those that are awaited a failure names. */
const namesMax = 3;

/** The failure that ends this run, and whether another run follows. */
export function fail(context: Context, message: Any): Decision<Context> {
  const { where, failure } = told(context, message);
  return failed(context, message, { where, cause: failure, effects: acknowledge(context, message) });
}

/** A state with a deadline of its own has passed it. */
export function failDeadline(context: Context, message: Any): Decision<Context> {
  const waiting = [...keysIn(context.sources, 'discovering'), ...keysIn(context.phases, 'restoring', 'rewinding')];
  const names = waiting.slice(0, namesMax).join(', ');
  const text = `Run ${runText(runOf(context))} did not start in time: ${waiting.length} awaited, among them ${names}.`;
  const cause = failure('DEPLOYMENT_EXPIRED', 'infrastructure', text);
  return failed(context, message, { where: 'deadline', cause });
}

/** A failure that comes while the run ends: its cause is the ending itself, as often as not, so it decides nothing. */
export function noteLate(context: Context, message: On<'subtask.failed'>): Decision<Context> {
  const late = noted(context, message, message.subtask, ofSubtask(context, message.subtask, message.failure));
  return both(late, { effects: acknowledge(context, message) });
}

interface Failing {
  readonly where: string;
  readonly cause: Failure;
  readonly effects?: readonly Effect[];
}

/** `message` is what brought it about. */
export function failed(context: Context, message: Any, { where, cause, effects = [] }: Failing): Decision<Context> {
  const passedOver = passOver(context, cause);
  const restart = decideRestart(context, cause);
  const isFatal = (cause.retry === 'never' && passedOver === null) || !restart.restarts;
  const decided: Decision<Context> = {
    context: {
      intent: isFatal ? 'fail' : 'restart',
      cause,
      userFailures: context.userFailures + (cause.domain === 'user' ? 1 : 0),
      restarting: restart.restarting,
      ...passedOver,
    },
    effects: isFatal ? effects : [...effects, ...restart.effects],
  };
  return both(decided, noted(context, message, where, cause));
}

export function cancel(): Decision<Context> {
  return { context: { intent: 'cancel' } };
}

/** While the run is being closed; a job that already fails for good says why instead. */
export function cancelInstead({ intent }: Context): Decision<Context> {
  return intent === 'fail' ? {} : { context: { intent: 'cancel' } };
}

/** Everything of the run ends: first what could ask for more, then all that is still asked, then the slots. */
export function stopAndClose(context: Context): Decision<Context> {
  const closing = askClosed(context);
  return {
    context: {
      ...closing.context,
      requested: false,
      phases: {},
      sources: {},
      coordinators: [],
      request: null,
      rescaling: null,
    },
    effects: [...stopCoordinators(context), ...unasked(context, openQuestions(context)), ...(closing.effects ?? [])],
  };
}

export const stopCoordinators = ({ coordinators }: Context): readonly Effect[] =>
  coordinators.map((actor) => ({ kind: 'actor.stop', actor }));

/** The run is over. Slots that have not answered are the resource manager's to close. */
export function release(context: Context): Decision<Context> {
  const closed = context.slots.filter((slot) => context.slotPhases[slotText(slot)] === 'closed');
  const message: ResourceManagerMessage = {
    type: 'resourceManager.releaseSlots',
    job: context.record.job,
    throughRun: runOf(context),
    closed,
  };
  return {
    context: noRun,
    effects: [
      ...unasked(context, openQuestions(context)),
      { kind: 'tell', actor: actorNames.resourceManager, message },
    ],
  };
}

export const nextRound = ({ round, record, scale }: Context): Decision<Context> => ({
  context: { round: round + 1, graph: atParallelism(record.graph, scale?.parallelism ?? null) },
});

interface Closing {
  readonly slotPhases: Context['slotPhases'];
  readonly effects: readonly Effect[];
}

/** What a slot's silence, answer or loss means while slots are being closed; null when it means nothing. */
export function closingStep(context: Context, message: Any): Closing | null {
  if (message.type === 'resourceManager.taskManagerLost') {
    const { slotPhases } = loseSlotsThere(context, message).context ?? {};
    const effects = loseSlotsThere(context, message).effects ?? [];
    return slotPhases === undefined || effects.length === 0 ? null : { slotPhases, effects };
  }
  const slotPhases = afterAnswer(context, message);
  return slotPhases === null ? null : { slotPhases, effects: [] };
}

function afterAnswer(context: Context, message: Any): Context['slotPhases'] | null {
  if (message.type === 'slot.closed') {
    const isOurs = sameAllocation(message.allocation, allocationOf(context));
    return isOurs ? slotAfter(context, slotText(message.slot), 'closed') : null;
  }
  if (message.type !== 'ask.absent' && message.type !== 'ask.expired') return null;
  const question = questionOf(context, message.id);
  if (question?.what !== 'slot.close') return null;
  // Where there is no such slot, nothing of the run is either.
  return slotAfter(context, question.subject, message.type === 'ask.absent' ? 'closed' : 'giveUp');
}

export function noteClosing(context: Context, message: Any): Decision<Context> {
  const step = closingStep(context, message);
  return step === null ? {} : { context: { slotPhases: step.slotPhases }, effects: step.effects };
}

export const isClosing = (context: Context, message: Any): boolean => closingStep(context, message) !== null;

const closesLast = (context: Context, message: Any): boolean => {
  const step = closingStep(context, message);
  return step !== null && !isAnyClosing(step.slotPhases);
};

export const pauseEnds = closesLast;
export const pauseEndsCanceled = (context: Context, message: Any): boolean =>
  isCanceled(context) && closesLast(context, message);
export const pauseEndsFailed = (context: Context, message: Any): boolean =>
  isFatal(context) && closesLast(context, message);

export const isCanceled = ({ intent }: Context): boolean => intent === 'cancel';
/** No result stands there: nothing of the job was begun by this leader, and it is to end. */
export const isCanceledAnew = (context: Context, message: Any): boolean =>
  isCanceled(context) && isAwaited(context, message);
export const isFatal = ({ intent }: Context): boolean => intent === 'fail';

/** With nothing to close there is nothing to wait for. */
export const pauseMs = ({ slotPhases, options }: Context): number =>
  isAnyClosing(slotPhases) ? options.pauseTimeoutMs : 0;

/** So that whoever reads it knows the node and need not ask which of many attempts it was. */
function ofSubtask({ placement }: Context, subtask: SubtaskKey, failure: Failure): Failure {
  const slot = placement[subtask];
  return at(slot === undefined ? subtask : `${subtask} on ${placeText(slot)}`, failure);
}

const at = (place: string, failure: Failure): Failure => ({
  ...failure,
  message: `${failure.message.replace(/\.?$/, '.')} At ${place}.`,
});

const placeText = ({ process, slot }: SlotAddress): string => `${process}, slot ${slot}`;

/** A slot whose process answers and whose thread does not is held up by code of the job: a failure of the job's own. */
function slotLost({ placement }: Context, { slot, reason }: On<'resourceManager.slotLost'>): Failure {
  if (reason === 'gone') {
    const text = `${placeText(slot)} holds nothing of this run any more: its task manager ended it.`;
    return failure('SLOT_LOST', 'infrastructure', text);
  }
  const there = Object.keys(placement).filter((key) => slotText(placement[key] as SlotAddress) === slotText(slot));
  const text =
    `${placeText(slot)} makes no progress, and its process answers: code of the job does not come back in one of ` +
    `${there.join(', ')}. Look for a loop without end, or a call that blocks the thread.`;
  return failure('SLOT_STUCK', 'user', text);
}

function acknowledge(context: Context, { meta }: Any): readonly Effect[] {
  const noted: JobMasterAnswer = { type: 'jobMaster.noted', run: runOf(context) };
  return answer(meta.ask, noted);
}

function told(context: Context, message: Any): { readonly where: string; readonly failure: Failure } {
  switch (message.type) {
    case 'subtask.failed':
      return { where: message.subtask, failure: ofSubtask(context, message.subtask, message.failure) };
    case 'slot.openFailed':
      return { where: slotText(message.slot), failure: at(placeText(message.slot), message.failure) };
    case 'sourceCoordinator.failed':
      return { where: message.uid, failure: message.failure };
    case 'checkpointCoordinator.failed':
      return { where: 'checkpoint-coordinator', failure: message.failure };
    case 'resourceManager.taskManagerLost':
      return {
        where: processText(message),
        failure: failure('TASK_MANAGER_LOST', 'infrastructure', `${processText(message)} is lost: ${message.reason}.`),
      };
    case 'resourceManager.slotLost':
      return {
        where: slotText(message.slot),
        failure: slotLost(context, message),
      };
    case 'resourceManager.slotsGranted':
      return {
        where: 'resource-manager',
        failure: failure('SLOT_LOST', 'infrastructure', 'A task manager was lost while its slots were being granted.'),
      };
    case 'ask.expired':
    case 'ask.absent': {
      const { what, subject } = questionOf(context, message.id) ?? { what: message.id, subject: message.to.process };
      const how = message.type === 'ask.expired' ? 'was not answered in time' : 'found nobody there';
      return { where: subject, failure: failure('ASK_FAILED', 'infrastructure', `${what} of ${subject} ${how}.`) };
    }
    default:
      invariant(false, 'a message that tells of no failure was taken for one', { type: message.type });
  }
}
