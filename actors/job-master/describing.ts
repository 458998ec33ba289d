import type { CheckpointCoordinatorMessage, JobDescribed } from '../checkpoint-coordinator/messages.js';
import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import { actorNames } from '../protocol/ids.js';
import { parallelismOf } from '../protocol/scaling.js';
import { type Context, type On, runOf } from './context.js';
import type { JobDescription } from './messages.js';
import { restartDescription } from './restarting.js';
import { waitingFor } from './waiting.js';

const shownMax = 20;

/**
 * The checkpoint-coordinator, where the run has one, adds what it knows and answers. One that has just ended answers nothing: the client
 * asks again, and by then this actor knows too.
 */
export function describe(context: Context, { ask, meta }: On<'jobMaster.describe'>): Decision<Context> {
  const job = descriptionOf(context, meta.at);
  const coordinator = actorNames.checkpointCoordinator(context.record.job);
  if (context.coordinators.includes(coordinator)) {
    const message: CheckpointCoordinatorMessage = { type: 'checkpointCoordinator.describe', ask, job };
    return { effects: [{ kind: 'tell', actor: coordinator, message }] };
  }
  const described: JobDescribed = { type: 'job.described', job, checkpoints: null };
  return { effects: answer(ask, described) };
}

function descriptionOf(context: Context, state: string): JobDescription {
  const { record, stopping, stopWith, epoch, round, userFailures, latest, placement, phases, history } = context;
  const waitsFor = waitingFor(state, context);
  return {
    record,
    state,
    waitsFor: waitsFor.slice(0, shownMax),
    waitsForMore: Math.max(0, waitsFor.length - shownMax),
    stopping: stopping || stopWith !== null,
    epoch,
    run: runOf(context),
    attempts: round,
    userFailures,
    restart: restartDescription(context, state),
    restored: latest?.id ?? null,
    parallelism: parallelismOf(context.graph),
    rescales: context.scale === null ? 0 : context.scale.index + 1,
    subtasks: Object.entries(placement).map(([subtask, { process, slot }]) => ({
      subtask,
      phase: phases[subtask] ?? 'ended',
      process,
      slot,
    })),
    failures: history,
  };
}
