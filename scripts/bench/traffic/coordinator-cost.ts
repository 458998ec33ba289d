import { checkpointCoordinatorActor } from '../../../actors/checkpoint-coordinator/machine.js';
import type { AskRef } from '../../../actors/kernel/message.js';
import { start, step } from '../../../actors/kernel/step.js';
import { median } from '../quantile.js';
import type { Traffic } from './simulated-traffic.js';

const rounds = 7;

/** What the coordinator was asked, as against what it was told or answered. */
const questions: ReadonlySet<string> = new Set(['subtask.snapshotted', 'subtask.declined', 'subtask.drained']);

export interface CoordinatorCost {
  readonly checkpoints: number;
  readonly steps: number;
  /** Processor time of its steps for one checkpoint; the median of several runs through the same messages. */
  readonly cpuMsPerCheckpoint: number;
}

/** Steps a checkpoint-coordinator through exactly what the simulated one heard. */
export function coordinatorCost({ coordinator }: Pick<Traffic, 'coordinator'>): CoordinatorCost {
  const { input, heard } = coordinator;
  const checkpoints = heard.filter(({ message }) => message.type === 'record.created').length;
  const costsMs = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    let { state } = start(checkpointCoordinatorActor, input);
    for (const { message, from } of heard) {
      const ask: AskRef | null = questions.has(message.type) ? { id: message.type, from } : null;
      state = step(checkpointCoordinatorActor, state, message, { from, ask, wallMs: 0 }).state;
    }
    if (state.value !== 'idle') throw new Error(`The coordinator ended ${state.value}, and the simulated one idle.`);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 / checkpoints;
  });
  return { checkpoints, steps: heard.length, cpuMsPerCheckpoint: Number(median(costsMs).toFixed(1)) };
}
