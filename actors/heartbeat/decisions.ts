import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import type { AskEvent, AskId, Delivered } from '../kernel/message.js';
import type { ClusterOptions, SlotReport } from '../protocol/deployment.js';
import { type Allocation, actorNames, type Incarnation, type ProcessName, sameAllocation } from '../protocol/ids.js';
import type { LossReason, ResourceManagerMessage } from '../resource-manager/messages.js';
import type { TaskManagerMessage } from '../task-manager/messages.js';
import type { HeartbeatInput, HeartbeatMessage } from './messages.js';

/** The least time between two signs that nobody listens, so that they are two signs and not one. */
const probeDelayMs = 150;
/** How long a peer may take to come back after the bus was gone; until then its absence proves nothing. */
const reconnectMs = 2_000;

/** A slot that holds something: since when its counter has stood still. */
export interface Watch {
  readonly slot: number;
  readonly allocation: Allocation;
  readonly progress: number;
  readonly sinceMs: number;
  readonly told: boolean;
}

/** All times are sums of delays that have passed: what a pause of this process hides is not counted. */
export interface HeartbeatContext {
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly options: ClusterOptions;
  /** Number of the newest beat that was asked. */
  readonly beat: number;
  /** Number of the newest beat that was answered. */
  readonly answered: number;
  readonly elapsedMs: number;
  readonly silentMs: number;
  /** An answer came since the last delay passed. */
  readonly heard: boolean;
  /** Left of the time in which a peer may still be reconnecting. */
  readonly settlingMs: number;
  /** The first beat asked at least `probeDelayMs` after nobody listened; null before that. */
  readonly probe: number | null;
  readonly watches: readonly Watch[];
}

type Context = HeartbeatContext;
type Passing = 'elapsedMs' | 'silentMs' | 'heard' | 'settlingMs';
type On<T extends HeartbeatMessage['type']> = Delivered<Extract<HeartbeatMessage, { type: T }>>;

export const heartbeatContext = (input: HeartbeatInput): Context => ({
  ...input,
  beat: 0,
  answered: 0,
  elapsedMs: 0,
  silentMs: 0,
  heard: false,
  // A first beat follows a registration: this connection and the peer's were up a moment ago.
  settlingMs: 0,
  probe: null,
  watches: [],
});

export const intervalMs = ({ options }: Context): number => options.heartbeatIntervalMs;
export const probeMs = (): number => probeDelayMs;

/** The delay that is just passing makes the silence long enough. */
export const isSilent = (context: Context): boolean =>
  afterDelay(context, intervalMs(context)).silentMs >= context.options.heartbeatTimeoutMs;
export const isSilentInSuspicion = (context: Context): boolean =>
  afterDelay(context, probeDelayMs).silentMs >= context.options.heartbeatTimeoutMs;

export const isSettled = ({ settlingMs }: Context): boolean => settlingMs === 0;
/** Not a repetition of a beat that was asked before: those come in bursts and are one sign together. */
export const isProbe = (context: Context, { id }: Delivered<AskEvent>): boolean =>
  context.probe !== null && beatOf(id) >= context.probe;

/** Beats overlap: one that is in flight when the peer dies is never answered, and must not hold up the next. */
export function beat(context: Context): Decision<Context> {
  const { process, incarnation, options } = context;
  const next = context.beat + 1;
  const message: TaskManagerMessage = { type: 'taskManager.heartbeat', beat: next };
  return {
    context: { beat: next },
    effects: [
      {
        kind: 'ask',
        id: beatAsk(context, next),
        to: { process, incarnation, actor: actorNames.taskManager },
        message,
        everyMs: options.heartbeatIntervalMs,
        deadlineMs: options.heartbeatTimeoutMs,
      },
    ],
  };
}

export const passInterval = (context: Context): Decision<Context> => ({
  context: afterDelay(context, intervalMs(context)),
});

export const passProbeDelay = (context: Context): Decision<Context> => ({
  context: { ...afterDelay(context, probeDelayMs), probe: context.probe ?? context.beat + 1 },
});

/** Passes the report on, unless a newer one has been; tells once of each slot that holds something and stands still. */
export function report(context: Context, { beat, slots }: On<'taskManager.reported'>): Decision<Context> {
  const alive = { silentMs: 0, heard: true, probe: null };
  if (beat <= context.answered) return { context: alive };
  const watches = slots.flatMap((slot) => watch(context, slot));
  const stuck = watches.filter((each) => !each.told && isStuck(context, each));
  const { process, incarnation } = context;
  return {
    context: {
      ...alive,
      answered: beat,
      watches: watches.map((each) => (stuck.includes(each) ? { ...each, told: true } : each)),
    },
    effects: [
      // What the older beats would say is known now, and an old report must not follow a newer one.
      ...unaskBeats(context, beat - 1),
      tell({ type: 'heartbeat.reported', process, incarnation, slots }),
      ...stuck.map(({ slot, allocation }) =>
        tell({ type: 'heartbeat.slotStuck', process, incarnation, slot, allocation }),
      ),
    ],
  };
}

export const suspect = ({ process, incarnation }: Context): Decision<Context> => ({
  context: { probe: null },
  effects: [tell({ type: 'heartbeat.suspected', process, incarnation })],
});
export const loseMissed = (context: Context): Decision<Context> => lose(context, 'missed');
export const loseUnreachable = (context: Context): Decision<Context> => lose(context, 'unreachable');

/** Silence proves nothing while our own connection is down: open beats are dropped and nothing is counted. */
export const disconnect = (context: Context): Decision<Context> => ({
  effects: unaskBeats(context, context.beat),
});

export const reconnect = (): Decision<Context> => ({
  context: { silentMs: 0, heard: true, settlingMs: reconnectMs, probe: null },
});

export const unanswered = ({ answered, beat, process }: Context): readonly string[] =>
  beat > answered ? [`${process}, silent since beat ${answered}`] : [];

/** A delay in which an answer came counts as no silence at all, so that the silence is never counted too long. */
function afterDelay(context: Context, delayMs: number): Pick<Context, Passing> {
  return {
    elapsedMs: context.elapsedMs + delayMs,
    silentMs: context.heard ? 0 : context.silentMs + delayMs,
    heard: false,
    settlingMs: Math.max(0, context.settlingMs - delayMs),
  };
}

/** Only slots that run subtasks have a loop that turns; while code is loaded the deployment's own deadline counts. */
function watch({ elapsedMs, watches }: Context, report: SlotReport): Watch[] {
  const { slot, allocation, progress } = report;
  if (allocation === null || report.subtasks.length === 0) return [];
  const known = watches.find((each) => each.slot === slot);
  const same = known !== undefined && sameAllocation(known.allocation, allocation);
  if (same && known.progress === progress) return [known];
  return [{ slot, allocation, progress, sinceMs: elapsedMs, told: same && known.told }];
}

/** The first and the last interval may be counted although only a part of them has passed. */
const isStuck = ({ elapsedMs, options }: Context, { sinceMs }: Watch): boolean =>
  elapsedMs - sinceMs - options.heartbeatIntervalMs >= options.stuckTimeoutMs;

function lose({ process, incarnation }: Context, reason: LossReason): Decision<Context> {
  return { effects: [tell({ type: 'heartbeat.lost', process, incarnation, reason })] };
}

/** Beats after the newest answered one, up to `through`; those whose deadline has passed are closed already. */
function unaskBeats(context: Context, through: number): Effect[] {
  const { heartbeatTimeoutMs, heartbeatIntervalMs } = context.options;
  const openMax = Math.ceil(heartbeatTimeoutMs / Math.min(heartbeatIntervalMs, probeDelayMs)) + 1;
  const first = Math.max(context.answered + 1, context.beat - openMax);
  const effects: Effect[] = [];
  for (let beat = first; beat <= through; beat += 1) effects.push({ kind: 'unask', id: beatAsk(context, beat) });
  return effects;
}

const beatAsk = ({ process }: Context, beat: number): AskId => `heartbeat/${process}/${beat}`;
const beatOf = (id: AskId): number => Number(id.slice(id.lastIndexOf('/') + 1));

const tell = (message: ResourceManagerMessage): Effect => ({
  kind: 'tell',
  actor: actorNames.resourceManager,
  message,
});
