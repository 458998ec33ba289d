import type { ClusterOptions } from '../protocol/deployment.js';
import type { Allocation, Epoch, Incarnation, JobId, JobRun, ProcessName, SlotAddress } from '../protocol/ids.js';
import { sameAllocation } from '../protocol/ids.js';
import type { Versions } from '../protocol/versions.js';
import type { LossReason, LostTaskManager, ResourceManagerInput, Shortage } from './messages.js';

/** How many lost task managers are kept, for people and to know their late registrations again. */
const lostMax = 64;
/** Of how many jobs it is known through which run they are over. */
const overMax = 64;

export type SlotUse =
  | { readonly kind: 'free' }
  /** `shown`: what the reports of the task manager have said of the grant so far. */
  | {
      readonly kind: 'granted';
      readonly job: JobId;
      readonly run: JobRun;
      readonly shown: 'notYet' | 'here' | 'missingOnce';
    }
  /** Nobody's any more, until the slot has answered that nothing of the allocation is left. */
  | { readonly kind: 'releasing'; readonly allocation: Allocation };

export interface SlotRow {
  readonly slot: number;
  readonly use: SlotUse;
  /** Closed here last. The slot will never open that run again, so it is not granted to it again either. */
  readonly closed: Allocation | null;
}

export interface TaskManagerRow {
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly status: 'registered' | 'suspected';
  readonly slotMemoryBytes: number;
  readonly slots: readonly SlotRow[];
}

/** A `slot.close` of our own that is not answered. `asked` is false while the asking waits for the next report. */
export interface Closing {
  readonly slot: SlotAddress;
  readonly allocation: Allocation;
  readonly asked: boolean;
}

export interface ResourceManagerContext {
  readonly epoch: Epoch;
  readonly versions: Versions;
  readonly options: ClusterOptions;
  /** Those not lost, by name; at most one life of each process. */
  readonly taskManagers: readonly TaskManagerRow[];
  /** Oldest first. */
  readonly lost: readonly LostTaskManager[];
  readonly closing: readonly Closing[];
  /** Runs of a job up to this one get no slots any more; the job heard of last stands last. */
  readonly over: readonly { readonly job: JobId; readonly throughRun: JobRun }[];
  readonly shortages: readonly Shortage[];
}

type Context = ResourceManagerContext;

export const resourceManagerContext = ({ epoch, versions, options }: ResourceManagerInput): Context => ({
  epoch,
  versions,
  options,
  taskManagers: [],
  lost: [],
  closing: [],
  over: [],
  shortages: [],
});

export const rowOf = (context: Context, process: ProcessName): TaskManagerRow | undefined =>
  context.taskManagers.find((row) => row.process === process);

/** The row of exactly this life of the process. */
export function livingRow(context: Context, life: Omit<SlotAddress, 'slot'>): TaskManagerRow | undefined {
  const row = rowOf(context, life.process);
  return row?.incarnation === life.incarnation ? row : undefined;
}

export const addressOf = ({ process, incarnation }: TaskManagerRow, slot: number): SlotAddress => ({
  process,
  incarnation,
  slot,
});

export const sameSlot = (a: SlotAddress, b: SlotAddress): boolean =>
  a.process === b.process && a.incarnation === b.incarnation && a.slot === b.slot;

/** Kept in the order of names, so that every choice among task managers is the same each time. */
export function withRow(context: Context, row: TaskManagerRow): Context {
  const { taskManagers } = context;
  const index = taskManagers.findIndex((each) => each.process === row.process);
  if (index >= 0) return { ...context, taskManagers: taskManagers.with(index, row) };
  return { ...context, taskManagers: [...taskManagers, row].sort((a, b) => (a.process < b.process ? -1 : 1)) };
}

export function withSlot(context: Context, slot: SlotAddress, change: (row: SlotRow) => SlotRow): Context {
  const row = livingRow(context, slot);
  if (row === undefined) return context;
  return withRow(context, { ...row, slots: row.slots.map((each) => (each.slot === slot.slot ? change(each) : each)) });
}

/** Asks for the end of an allocation in a slot; the slot itself stays as it is. */
export function closeThere(context: Context, slot: SlotAddress, allocation: Allocation): Context {
  const known = context.closing.some((each) => isClosing(each, slot, allocation));
  return known ? context : { ...context, closing: [...context.closing, { slot, allocation, asked: true }] };
}

export const isClosing = (closing: Closing, slot: SlotAddress, allocation: Allocation): boolean =>
  sameSlot(closing.slot, slot) && sameAllocation(closing.allocation, allocation);

/** Takes a slot from whoever has it; it is free again when the slot has answered that nothing is left. */
export function release(context: Context, slot: SlotAddress, allocation: Allocation): Context {
  const taken = withSlot(context, slot, (row) => ({ ...row, use: { kind: 'releasing', allocation } }));
  return closeThere(taken, slot, allocation);
}

/** Nothing of the allocation is left in the slot. A slot with several to be closed is free after the last of them. */
export function closed(context: Context, slot: SlotAddress, allocation: Allocation): Context {
  const closing = context.closing.filter((each) => !isClosing(each, slot, allocation));
  const stillClosing = closing.some((each) => sameSlot(each.slot, slot));
  return withSlot({ ...context, closing }, slot, (row) => ({
    ...row,
    use: row.use.kind === 'releasing' && !stillClosing ? { kind: 'free' } : row.use,
    closed: newerClosed(row.closed, allocation),
  }));
}

/** The slot refuses every run up to the newest that it was told to close. */
const newerClosed = (before: Allocation | null, now: Allocation): Allocation =>
  before !== null && before.job === now.job && before.run > now.run ? before : now;

/** The slots of that life are gone, and so is what we waited for there. */
export function lose(context: Context, row: TaskManagerRow, reason: LossReason): Context {
  const { process, incarnation } = row;
  const lost: LostTaskManager = { process, incarnation, status: 'lost', reason };
  return {
    ...context,
    taskManagers: context.taskManagers.filter((each) => each !== row),
    lost: [...context.lost, lost].slice(-lostMax),
    closing: context.closing.filter(({ slot }) => slot.process !== process || slot.incarnation !== incarnation),
  };
}

export const overThrough = (context: Context, job: JobId): JobRun =>
  context.over.find((each) => each.job === job)?.throughRun ?? -1;

export function markOver(context: Context, job: JobId, throughRun: JobRun): Context {
  const others = context.over.filter((each) => each.job !== job);
  const through = Math.max(throughRun, overThrough(context, job));
  return {
    ...context,
    over: [...others, { job, throughRun: through }].slice(-overMax),
    shortages: context.shortages.filter((each) => each.job !== job || each.run > through),
  };
}

/** Every slot with its address, in the order of names. */
export function allSlots(context: Context): readonly { readonly address: SlotAddress; readonly row: SlotRow }[] {
  return context.taskManagers.flatMap((manager) =>
    manager.slots.map((row) => ({ address: addressOf(manager, row.slot), row })),
  );
}

/** The jobs that have a grant at that task manager. */
export function jobsThere({ slots }: TaskManagerRow): readonly JobId[] {
  return [...new Set(slots.flatMap(({ use }) => (use.kind === 'granted' ? [use.job] : [])))].sort();
}
