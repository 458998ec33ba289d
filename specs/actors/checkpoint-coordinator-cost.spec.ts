import { expect, it } from 'vitest';
import { checkpointCoordinatorActor } from '../../actors/checkpoint-coordinator/machine.js';
import type {
  CheckpointCoordinatorInput,
  CheckpointCoordinatorMessage,
} from '../../actors/checkpoint-coordinator/messages.js';
import type { AskRef } from '../../actors/kernel/message.js';
import { type ActorState, start, step } from '../../actors/kernel/step.js';
import { defaultClusterOptions } from '../../actors/protocol/deployment.js';
import { checkpoint, countingJob, logKey, part, placementOf, run } from './checkpoints.js';

const parallelism = 334;
const rounds = 5;
const roundMsMax = 500;

it('checkpoint-coordinator: a checkpoint of a thousand subtasks costs some tens of milliseconds', () => {
  // What one message costs must not grow with the number of subtasks: a record of a thousand, copied for each of two
  // thousand answers, would take seconds. Meant to be below 50 ms when warm; the bound only catches the quadratic.
  const graph = countingJob(parallelism, {});
  const placement = placementOf(graph);
  const keys = Object.keys(placement);
  const input: CheckpointCoordinatorInput = {
    job: 'flights',
    run,
    epoch: 3,
    incarnation: 'leader-1',
    graph,
    placement,
    nextIndex: 0,
    latest: null,
    retained: [],
    finished: [],
    options: defaultClusterOptions,
  };
  let { state } = start(checkpointCoordinatorActor, input);
  let steps = 0;
  const costs = Array.from({ length: rounds }, (_, round) => {
    const n = round + 1;
    const id = checkpoint(n);
    const beganMs = performance.now();
    hear({ type: 'checkpoint.due' });
    hear({
      type: 'sourceCoordinator.snapshotted',
      run,
      checkpoint: id,
      snapshot: { uid: 'files', discovered: true, unassigned: [] },
    });
    for (const subtask of keys.slice(0, parallelism)) {
      hear({ type: 'subtask.barrierInjected', run, checkpoint: id, subtask });
    }
    for (const key of keys) {
      const snapshot = part(key, { blobs: [`${key}/${n}`] });
      hear({ type: 'subtask.snapshotted', run, checkpoint: id, snapshot }, key);
    }
    hear({ type: 'record.created', request: logKey(round) });
    for (const subtask of keys) hear({ type: 'subtask.committed', run, checkpoint: id, subtask, finished: false });
    expect(state.value).toBe('idle');
    return performance.now() - beganMs;
  });
  expect(steps).toBe(rounds * (3 + parallelism + 2 * keys.length));
  console.log(`${keys.length} subtasks, ms a checkpoint: ${costs.map((cost) => cost.toFixed(0)).join(', ')}`);
  expect(Math.min(...costs)).toBeLessThan(roundMsMax);

  function hear(message: CheckpointCoordinatorMessage, question: string | null = null): void {
    const from = { process: 'tm', incarnation: 'i', actor: 'subtask' };
    const ask: AskRef | null = question === null ? null : { id: question, from };
    const next: { state: ActorState } = step(checkpointCoordinatorActor, state, message, { from, ask, wallMs: 0 });
    state = next.state;
    steps += 1;
  }
});
