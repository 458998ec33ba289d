import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Delivered } from '../kernel/message.js';
import type { SlotPlacement } from '../protocol/deployment.js';
import { actorNames, type JobId, type JobRun, type SlotAddress } from '../protocol/ids.js';
import { closingEffects } from './closing.js';
import type { ResourceManagerFact, ResourceManagerMessage } from './messages.js';
import {
  allSlots,
  closed,
  markOver,
  overThrough,
  type ResourceManagerContext,
  release,
  type SlotRow,
  sameSlot,
  withSlot,
} from './table.js';

/** How many jobs that wait for slots are shown to people. */
const shortagesMax = 64;

type Context = ResourceManagerContext;
type On<T extends ResourceManagerMessage['type']> = Delivered<Extract<ResourceManagerMessage, { type: T }>>;
type Pool = { readonly used: number };
type Located = ReturnType<typeof allSlots>[number];

/**
 * All slots or none, and the same ones for each repetition. That a run wants slots says that the runs before it are
 * over: what they still hold is released even while this one must wait, or the job would wait for itself.
 */
export function requestSlots(context: Context, message: On<'resourceManager.requestSlots'>): Decision<Context> {
  const { job, run, count, least = count, meta } = message;
  if (run <= overThrough(context, job) || newestRun(context, job) > run) return { refuse: 'staleRun' };
  const cleared = releaseThrough(context, job, run - 1);
  const here = grantsOf(cleared, job, run);
  // A repetition gets what was granted before, also when there would be more by now.
  const more = here.length >= least ? [] : choose(cleared, job, run, count - here.length);
  const shortages = cleared.shortages.filter((each) => each.job !== job);
  if (here.length + more.length < least) {
    const shortage = { job, run, wanted: least, available: here.length + more.length };
    const short: Context = { ...cleared, shortages: [...shortages, shortage].slice(-shortagesMax) };
    return { context: short, effects: closingEffects(context, short), refuse: 'tooFewSlots' };
  }
  const granted = more.reduce<Context>((table, slot) => grant(table, slot, job, run), { ...cleared, shortages });
  const slots = grantsOf(granted, job, run).slice(0, count);
  const fact: ResourceManagerFact = { type: 'resourceManager.slotsGranted', run, slots };
  return { context: granted, effects: [...closingEffects(context, granted), ...answer(meta.ask, fact)] };
}

/** Slots that are being closed after a run of this job will be free for its next one. */
export function countSlots(context: Context, { job, run }: On<'resourceManager.countSlots'>): Decision<Context> {
  const isTheirs = ({ use }: SlotRow): boolean =>
    use.kind === 'free' || (use.kind === 'granted' ? use.job === job : use.allocation.job === job);
  const available = context.taskManagers
    .filter(({ status }) => status === 'registered')
    .reduce((sum, { slots }) => sum + slots.filter(isTheirs).length, 0);
  const message: ResourceManagerFact = { type: 'resourceManager.slotsCounted', run, available };
  return { effects: [{ kind: 'tell', actor: actorNames.jobMaster(job), message }] };
}

/** What has answered that it is closed is free at once; of the rest nothing is known, so it is asked. */
export function releaseSlots(context: Context, message: On<'resourceManager.releaseSlots'>): Decision<Context> {
  const { job, throughRun } = message;
  const isOver = ({ use }: SlotRow): boolean =>
    (use.kind === 'granted' && use.job === job && use.run <= throughRun) ||
    (use.kind === 'releasing' && use.allocation.job === job && use.allocation.run <= throughRun);
  const freed = allSlots(context)
    .filter(({ address, row }) => isOver(row) && message.closed.some((each) => sameSlot(each, address)))
    .reduce(freeAtOnce, context);
  const after = releaseThrough(freed, job, throughRun);
  return { context: after, effects: closingEffects(context, after) };
}

function freeAtOnce(context: Context, { address, row }: Located): Context {
  if (row.use.kind === 'free') return context;
  const allocation =
    row.use.kind === 'releasing' ? row.use.allocation : { job: row.use.job, run: row.use.run, epoch: context.epoch };
  return closed(release(context, address, allocation), address, allocation);
}

function releaseThrough(context: Context, job: JobId, throughRun: JobRun): Context {
  const over = allSlots(context).flatMap(({ address, row: { use } }) =>
    use.kind === 'granted' && use.job === job && use.run <= throughRun ? [{ address, run: use.run }] : [],
  );
  return over.reduce(
    (table, { address, run }) => release(table, address, { job, run, epoch: context.epoch }),
    markOver(context, job, throughRun),
  );
}

/** In the order of the table, so that the answer to a repetition lists them alike. */
function grantsOf(context: Context, job: JobId, run: JobRun): readonly SlotAddress[] {
  return allSlots(context).flatMap(({ address, row: { use } }) =>
    use.kind === 'granted' && use.job === job && use.run === run ? [address] : [],
  );
}

const newestRun = (context: Context, job: JobId): JobRun =>
  Math.max(
    -1,
    ...allSlots(context).map(({ row: { use } }) => (use.kind === 'granted' && use.job === job ? use.run : -1)),
  );

function grant(context: Context, slot: SlotAddress, job: JobId, run: JobRun): Context {
  return withSlot(context, slot, (row) => ({ ...row, use: { kind: 'granted', job, run, shown: 'notYet' } }));
}

/** Up to `count` free slots, one after the other as the placement says; among equals the first by name. */
function choose(context: Context, job: JobId, run: JobRun, count: number): readonly SlotAddress[] {
  const chosen: SlotAddress[] = [];
  const goesBefore = before[context.options.placement];
  const pools = context.taskManagers
    .filter(({ status }) => status === 'registered')
    .map(({ process, incarnation, slots }) => ({
      used: slots.filter(({ use }) => use.kind !== 'free').length,
      free: slots.filter((row) => isFit(row, job, run)).map(({ slot }) => ({ process, incarnation, slot })),
    }));
  while (chosen.length < count) {
    let best: (typeof pools)[number] | undefined;
    for (const pool of pools) if (pool.free.length > 0 && (best === undefined || goesBefore(pool, best))) best = pool;
    const slot = best?.free.shift();
    if (best === undefined || slot === undefined) break;
    best.used += 1;
    chosen.push(slot);
  }
  return chosen;
}

/** Whether the first of two task managers gives its slot before the second. */
const before: Readonly<Record<SlotPlacement, (one: Pool, other: Pool) => boolean>> = {
  spread: (one, other) => one.used < other.used,
  pack: (one, other) => one.used > other.used,
};

const isFit = ({ use, closed }: SlotRow, job: JobId, run: JobRun): boolean =>
  use.kind === 'free' && (closed === null || closed.job !== job || closed.run < run);
