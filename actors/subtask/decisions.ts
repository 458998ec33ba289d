import type { AlignmentMessage } from '../alignment/messages.js';
import type { CheckpointCoordinatorMessage } from '../checkpoint-coordinator/messages.js';
import type { JobMasterMessage } from '../job-master/messages.js';
import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import { invariant } from '../kernel/invariant.js';
import type { Delivered } from '../kernel/message.js';
import { bounded } from '../protocol/failure.js';
import { actorNames, checkpointText } from '../protocol/ids.js';
import type { SlotMessage } from '../slot/messages.js';
import type { SourceCoordinatorMessage } from '../source-coordinator/messages.js';
import { type SubtaskContext, self, target } from './context.js';
import { reportFact, withdrawFacts } from './facts.js';
import type { SubtaskMessage } from './messages.js';

type Context = SubtaskContext;
type On<T extends SubtaskMessage['type']> = Delivered<Extract<SubtaskMessage, { type: T }>>;
type Any = Delivered<SubtaskMessage>;

export const refuseStaleRun = (): Decision<Context> => ({ refuse: 'staleRun' });

export const restore = (context: Context, { plan, meta }: On<'subtask.restore'>): Decision<Context> => ({
  context: { command: meta.ask, finishedBefore: plan.finished },
  effects: [{ kind: 'task.restore', ...target(context), plan }],
});

export const rewind = (context: Context, { meta }: On<'subtask.rewind'>): Decision<Context> => ({
  context: { command: meta.ask },
  effects: [{ kind: 'task.rewind', ...target(context) }],
});

export const isStarting = ({ command }: Context): boolean => command !== null;
export const refuseStart = (): Decision<Context> => ({ refuse: 'tooEarly' });
export const startTask = (context: Context, { meta }: On<'subtask.start'>): Decision<Context> => ({
  context: { command: meta.ask },
  effects: [{ kind: 'task.start', ...target(context) }],
});

export const finishedBefore = ({ finishedBefore }: Context): boolean => finishedBefore;

type Step = 'subtask.restored' | 'subtask.rewound' | 'subtask.started';

/** The data plane has done it: the kept question is answered, and each repetition from now on at once. */
const done = (context: Context, type: Step): Decision<Context> => ({
  context: { command: null },
  effects: answer<JobMasterMessage>(context.command, { type, ...self(context) }),
});
const again = (context: Context, type: Step, { meta }: Any): Decision<Context> => ({
  effects: answer<JobMasterMessage>(meta.ask, { type, ...self(context) }),
});

export const noteRestored = (context: Context): Decision<Context> => done(context, 'subtask.restored');
export const noteRewound = (context: Context): Decision<Context> => done(context, 'subtask.rewound');
export const noteStarted = (context: Context): Decision<Context> => done(context, 'subtask.started');
export const answerRestored = (context: Context, message: Any): Decision<Context> =>
  again(context, 'subtask.restored', message);
export const answerRewound = (context: Context, message: Any): Decision<Context> =>
  again(context, 'subtask.rewound', message);
export const answerStarted = (context: Context, message: Any): Decision<Context> =>
  again(context, 'subtask.started', message);

/** The data plane of this process does it between two records, and before anything that it is told later. */
export function stop(context: Context, { meta }: On<'subtask.stop'>): Decision<Context> {
  const stopping: JobMasterMessage = { type: 'subtask.stopping', ...self(context) };
  return { effects: [{ kind: 'task.stop', ...target(context) }, ...answer(meta.ask, stopping)] };
}

/** An assignment belongs to the reader from here on: it stands before any barrier that is triggered later (race 6). */
export function assign(context: Context, message: On<'subtask.assignSplits'>): Decision<Context> {
  const { assignment, splits, noMore, meta } = message;
  const added: SourceCoordinatorMessage = { type: 'subtask.splitsAdded', ...self(context), assignment };
  if (assignment <= context.assignment) return { effects: answer(meta.ask, added) };
  // One is sent only after the one before was answered, so a gap is a message that has lost its way.
  if (assignment > context.assignment + 1) return { refuse: 'tooEarly' };
  return {
    context: { assignment },
    effects: [{ kind: 'task.assign', ...target(context), splits, noMore }, ...answer(meta.ask, added)],
  };
}

export function reportRequest(context: Context, { request }: On<'task.splitsRequested'>): Decision<Context> {
  const { source, subtask, allocation } = context;
  invariant(source !== null, 'a subtask without a source wants splits', { subtask });
  const message: SourceCoordinatorMessage = { type: 'subtask.splitsRequested', ...self(context), request };
  return reportFact(context, {
    kind: 'splitsRequested',
    id: `${message.type}/${allocation.run}/${subtask}/${request}`,
    actor: actorNames.sourceCoordinator(allocation.job, source),
    message,
  });
}

/** Each report takes the place of the one before, so that a lost one or its lost answer costs one interval. */
export function reportWatermark(context: Context, { report }: On<'task.watermarkReached'>): Decision<Context> {
  const { subtask, allocation } = context;
  const message: AlignmentMessage = { type: 'subtask.watermarkReached', ...self(context), report };
  return reportFact(context, {
    kind: 'watermark',
    id: `${message.type}/${allocation.run}/${subtask}/${report.number}`,
    actor: actorNames.alignment(allocation.job),
    message,
  });
}

export const align = (context: Context, { limit }: On<'alignment.announced'>): Decision<Context> => ({
  effects: [{ kind: 'task.align', ...target(context), limit }],
});

export function reportDrained(context: Context): Decision<Context> {
  const { subtask, allocation } = context;
  const message: CheckpointCoordinatorMessage = { type: 'subtask.drained', ...self(context) };
  return reportFact(context, {
    kind: 'drained',
    id: `${message.type}/${allocation.run}/${subtask}`,
    actor: actorNames.checkpointCoordinator(allocation.job),
    message,
  });
}

/** The answer to the final commit says it, and more. */
export const withdrawDrained = (context: Context): Decision<Context> =>
  withdrawFacts(context, ({ kind }) => kind === 'drained');

/** Whatever else there was to say is of no interest any more. Questions that are kept are never answered. */
export function fail(context: Context, { failure }: On<'task.failed'>): Decision<Context> {
  const { subtask, allocation } = context;
  const silent = withdrawFacts(context, () => true);
  const message: JobMasterMessage = { type: 'subtask.failed', ...self(context), failure: bounded(failure) };
  const reported = reportFact(
    { ...context, facts: [] },
    {
      kind: 'failed',
      id: `${message.type}/${allocation.run}/${subtask}`,
      actor: actorNames.jobMaster(allocation.job),
      message,
    },
  );
  return {
    context: { ...reported.context, command: null },
    effects: [...(silent.effects ?? []), ...(reported.effects ?? [])],
  };
}

export function cancel(context: Context): Decision<Context> {
  const silent = withdrawFacts(context, () => true);
  return {
    context: { ...silent.context, command: null },
    effects: [...(silent.effects ?? []), { kind: 'task.cancel', ...target(context) }],
  };
}

export function tellCanceled({ slot, subtask, allocation }: Context): Decision<Context> {
  const message: SlotMessage = { type: 'subtask.canceled', allocation, subtask };
  return { effects: [{ kind: 'tell', actor: actorNames.slot(slot.slot), message }] };
}

const awaited: Readonly<Record<string, string>> = {
  created: 'subtask.restore',
  restoringState: 'task.restored',
  restored: 'subtask.rewind',
  rewindingSource: 'task.rewound',
  awaitingFinalCheckpoint: 'the final checkpoint',
  canceling: 'task.canceled',
};

/** What people see the subtask wait for. */
export function waiting(state: string, { command, commit }: Context): readonly string[] {
  if (state === 'ready') return [command === null ? 'subtask.start' : 'task.started'];
  if (state === 'committing' && commit !== null) return [`commit of ${checkpointText(commit.checkpoint)}`];
  const one = awaited[state];
  return one === undefined ? [] : [one];
}
