import type { JobGraph, JobVertex } from './job-graph.js';

/** Of every operator whose code says nothing else, and that no other group comes down to. */
export const defaultSlotSharingGroup = 'default';

/** Vertices whose subtasks may share slots with each other, and with no others. */
export interface SlotSharingGroup {
  readonly name: string;
  /** One slot for each subtask of its widest vertex. */
  readonly slots: number;
}

export const slotSharingGroupOf = ({ slotSharingGroup }: JobVertex): string =>
  slotSharingGroup ?? defaultSlotSharingGroup;

/** The groups of a job in the order of their first vertices, which is the order in which the slots of a grant are dealt out. */
export function slotSharingGroupsOf({ vertices }: Pick<JobGraph, 'vertices'>): readonly SlotSharingGroup[] {
  const slots = new Map<string, number>();
  for (const vertex of vertices) {
    const name = slotSharingGroupOf(vertex);
    slots.set(name, Math.max(slots.get(name) ?? 0, vertex.parallelism));
  }
  return [...slots].map(([name, count]) => ({ name, slots: count }));
}

/** How many slots a job needs: those of all its groups. */
export function slotsNeeded(graph: Pick<JobGraph, 'vertices'>): number {
  return slotSharingGroupsOf(graph).reduce((sum, { slots }) => sum + slots, 0);
}
