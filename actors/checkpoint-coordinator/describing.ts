import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Delivered } from '../kernel/message.js';
import type { CheckpointCoordinatorContext } from './context.js';
import type { CheckpointCoordinatorMessage, CheckpointsDescription, JobDescribed } from './messages.js';

type Describe = Delivered<Extract<CheckpointCoordinatorMessage, { type: 'checkpointCoordinator.describe' }>>;

/** Adds to what the job-master has said, and answers for both. */
export function describe(
  { latest, retained, nextIndex, failures, cause, undrained, unfinished, lives }: CheckpointCoordinatorContext,
  { ask, job, meta }: Describe,
): Decision<CheckpointCoordinatorContext> {
  const checkpoints: CheckpointsDescription = {
    state: meta.at,
    latest: latest?.id ?? null,
    retained: retained.map(({ id }) => id),
    entries: nextIndex,
    failures,
    cause,
    running: undrained,
    drained: unfinished - undrained,
    finished: lives.length - unfinished,
  };
  const described: JobDescribed = { type: 'job.described', job, checkpoints };
  return { effects: answer(ask, described) };
}
