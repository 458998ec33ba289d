import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Delivered } from '../kernel/message.js';
import type { ResourceDescription, ResourceManagerMessage, TaskManagerSummary } from './messages.js';
import type { ResourceManagerContext, SlotUse, TaskManagerRow } from './table.js';

type Describe = Delivered<Extract<ResourceManagerMessage, { type: 'resourceManager.describe' }>>;

/** The table as people and programs outside the cluster see it. */
export function describe(context: ResourceManagerContext, { meta }: Describe): Decision<ResourceManagerContext> {
  const { epoch, taskManagers, lost, shortages } = context;
  const described: ResourceDescription = {
    type: 'resourceManager.described',
    epoch,
    taskManagers: taskManagers.map(summaryOf),
    lost: lost.toReversed(),
    shortages,
  };
  return { effects: answer(meta.ask, described) };
}

const summaryOf = ({ process, incarnation, status, slotMemoryBytes, slots }: TaskManagerRow): TaskManagerSummary => ({
  process,
  incarnation,
  status,
  slotMemoryBytes,
  jobs: slots.map(({ use }) => jobOf(use)),
});

function jobOf(use: SlotUse): string | null {
  if (use.kind === 'free') return null;
  return use.kind === 'granted' ? use.job : use.allocation.job;
}
