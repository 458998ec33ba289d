import type { HeartbeatInput } from '../heartbeat/messages.js';
import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Effect } from '../kernel/effect.js';
import type { Delivered } from '../kernel/message.js';
import type { SlotReport } from '../protocol/deployment.js';
import { failure } from '../protocol/failure.js';
import { type Allocation, actorNames, type JobId, type SlotAddress, sameAllocation } from '../protocol/ids.js';
import { sameVersions, versionsText } from '../protocol/versions.js';
import type { TaskManagerMessage } from '../task-manager/messages.js';
import { closingEffects, resume } from './closing.js';
import type { LossReason, ResourceManagerFact, ResourceManagerMessage, SlotLossReason } from './messages.js';
import {
  addressOf,
  closeThere,
  jobsThere,
  livingRow,
  lose,
  type ResourceManagerContext,
  release,
  rowOf,
  type SlotUse,
  type TaskManagerRow,
  withRow,
  withSlot,
} from './table.js';

type Context = ResourceManagerContext;
type On<T extends ResourceManagerMessage['type']> = Delivered<Extract<ResourceManagerMessage, { type: T }>>;

/**
 * A task manager whose leader was killed would otherwise notice at its heartbeat timeout. One that misses this does, and one that gets
 * it late or twice registers once more, which changes nothing.
 */
export function announce(): Decision<Context> {
  const message: TaskManagerMessage = { type: 'leader.announced' };
  return { effects: [{ kind: 'broadcast', actor: actorNames.taskManager, message }] };
}

/**
 * Takes a life of a task manager into the table. What its slots hold is nobody's: the grants of an earlier leader, or
 * of the time before this life was held lost, are over, because their jobs have new runs.
 */
export function register(context: Context, message: On<'resourceManager.register'>): Decision<Context> {
  const { process, incarnation, versions, slotMemoryBytes, slots, meta } = message;
  if (!sameVersions(versions, context.versions)) return { effects: answer(meta.ask, otherVersion(context, message)) };
  const registered: ResourceManagerFact = { type: 'resourceManager.registered', process };
  const known = rowOf(context, process);
  // Its slots are not looked at: a repetition may be older than what was granted since, and the heartbeats tell.
  if (known?.incarnation === incarnation) return { effects: answer(meta.ask, registered) };
  if (isOutdated(context, message)) return { refuse: 'staleIncarnation' };
  const rest = known === undefined ? context : lose(context, known, 'restarted');
  const row: TaskManagerRow = {
    process,
    incarnation,
    status: 'registered',
    slotMemoryBytes,
    slots: slots.map(({ slot }) => ({ slot, use: { kind: 'free' }, closed: null })),
  };
  const lost = rest.lost.filter((each) => each.process !== process || each.incarnation !== incarnation);
  const empty = withRow({ ...rest, lost }, row);
  const after = slots.reduce((table, report) => compare(table, row, report).context, empty);
  const input: HeartbeatInput = { process, incarnation, options: context.options };
  return {
    context: after,
    effects: [
      ...(known === undefined ? [] : [stopHeartbeat(known), ...tellLost(known, 'restarted')]),
      { kind: 'actor.start', role: 'heartbeat', actor: actorNames.heartbeat(process, incarnation), input },
      ...closingEffects(context, after),
      ...answer(meta.ask, registered),
    ],
  };
}

/** Its state, its code and its messages may mean something else. Nothing of it is taken into the table. */
function otherVersion(context: Context, { process, versions }: On<'resourceManager.register'>): ResourceManagerFact {
  const text =
    `Task manager ${process} is ${versionsText(versions)} and the job manager is ${versionsText(context.versions)}. ` +
    'Start it with the version of the job manager.';
  return { type: 'resourceManager.refused', failure: failure('VERSION_MISMATCH', 'infrastructure', text, 'never') };
}

/**
 * A late duplicate of a life that another life of the process has followed would make the living one lost. Which of two lives is
 * the later one cannot be told, because their first registrations may arrive in the wrong order; so a life that was held
 * lost is refused only while another one is in the table. If that one is dead, its heartbeats say so, and the next repetition is taken.
 */
function isOutdated(context: Context, { process, incarnation }: On<'resourceManager.register'>): boolean {
  const wasLost = context.lost.some((each) => each.process === process && each.incarnation === incarnation);
  return wasLost && rowOf(context, process) !== undefined;
}

/** The report wins over the table, but for what may be on its way: a grant that is not opened yet. */
export function noteReport(context: Context, message: On<'heartbeat.reported'>): Decision<Context> {
  const row = livingRow(context, message);
  if (row === undefined) return {};
  const lost: SlotAddress[] = [];
  let table = row.status === 'registered' ? context : withRow(context, { ...row, status: 'registered' });
  for (const report of message.slots) {
    const compared = compare(table, row, report);
    table = compared.context;
    if (compared.lost) lost.push(addressOf(row, report.slot));
  }
  const resumed = resume(table, message);
  return {
    context: { ...table, ...resumed.context },
    effects: [
      ...lost.flatMap((slot) => tellSlotLost(useOf(context, slot), slot, 'gone')),
      ...closingEffects(context, table),
      ...(resumed.effects ?? []),
    ],
  };
}

interface Compared {
  readonly context: Context;
  /** The slot was seen to hold its grant, and holds it no more. */
  readonly lost: boolean;
}

/**
 * Reports may be late, so that one of them is never reason enough to end a grant. To close what is not granted is
 * always safe: the slot answers at once when nothing of it is there.
 */
function compare(context: Context, row: TaskManagerRow, { slot, allocation: shown }: SlotReport): Compared {
  const address = addressOf(row, slot);
  const use = useOf(context, address);
  if (use === undefined) return { context, lost: false };
  if (use.kind === 'free') return { context: shown === null ? context : release(context, address, shown), lost: false };
  const own = allocationOf(context, use);
  const isOwn = sameAllocation(own, shown);
  const table = shown === null || isOwn ? context : closeThere(context, address, shown);
  if (use.kind === 'releasing') return { context: table, lost: false };
  // Whoever ended what was granted (an orphaned task manager, say), the job would wait for it for ever.
  if (!isOwn && use.shown === 'missingOnce') return { context: release(table, address, own), lost: true };
  const missing = use.shown === 'notYet' ? 'notYet' : 'missingOnce';
  const seen: SlotUse = { ...use, shown: isOwn ? 'here' : missing };
  const isNews = seen.shown !== use.shown;
  return { context: isNews ? withSlot(table, address, (each) => ({ ...each, use: seen })) : table, lost: false };
}

export function suspect(context: Context, message: On<'heartbeat.suspected'>): Decision<Context> {
  const row = livingRow(context, message);
  if (row === undefined) return {};
  return { context: withRow(context, { ...row, status: 'suspected' }) };
}

/** A slot that hangs is taken from its job and granted again only when it has answered that it is closed. */
export function noteStuck(context: Context, message: On<'heartbeat.slotStuck'>): Decision<Context> {
  const { process, incarnation, slot, allocation } = message;
  const address: SlotAddress = { process, incarnation, slot };
  const use = useOf(context, address);
  if (use?.kind !== 'granted' || !sameAllocation(allocationOf(context, use), allocation)) return {};
  const after = release(context, address, allocation);
  return { context: after, effects: [...tellSlotLost(use, address, 'stuck'), ...closingEffects(context, after)] };
}

/** Its heartbeat actor has ended with this message. */
export function loseTaskManager(context: Context, message: On<'heartbeat.lost'>): Decision<Context> {
  const row = livingRow(context, message);
  if (row === undefined) return {};
  const after = lose(context, row, message.reason);
  return { context: after, effects: [...closingEffects(context, after), ...tellLost(row, message.reason)] };
}

function useOf(context: Context, address: SlotAddress): SlotUse | undefined {
  return livingRow(context, address)?.slots.find((each) => each.slot === address.slot)?.use;
}

const allocationOf = ({ epoch }: Context, use: Exclude<SlotUse, { kind: 'free' }>): Allocation =>
  use.kind === 'releasing' ? use.allocation : { job: use.job, run: use.run, epoch };

const stopHeartbeat = ({ process, incarnation }: TaskManagerRow): Effect => ({
  kind: 'actor.stop',
  actor: actorNames.heartbeat(process, incarnation),
});

function tellLost(row: TaskManagerRow, reason: LossReason): readonly Effect[] {
  const { process, incarnation } = row;
  return jobsThere(row).map((job) =>
    tell(job, { type: 'resourceManager.taskManagerLost', process, incarnation, reason }),
  );
}

const tellSlotLost = (use: SlotUse | undefined, slot: SlotAddress, reason: SlotLossReason): readonly Effect[] =>
  use?.kind === 'granted' ? [tell(use.job, { type: 'resourceManager.slotLost', slot, run: use.run, reason })] : [];

const tell = (job: JobId, message: ResourceManagerFact): Effect => ({
  kind: 'tell',
  actor: actorNames.jobMaster(job),
  message,
});

/** What people see the resource manager wait for. */
export const waiting = ({ closing, shortages }: Context): readonly string[] => [
  ...closing.map(({ slot, allocation }) => `${slot.process}/${slot.slot}: end of ${allocation.job}`),
  ...shortages.map(({ job, wanted, available }) => `${job}: ${available} of ${wanted} slots`),
];
