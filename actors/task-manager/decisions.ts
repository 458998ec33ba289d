import type { HeartbeatMessage } from '../heartbeat/messages.js';
import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Effect } from '../kernel/effect.js';
import type { AskId, Delivered } from '../kernel/message.js';
import type { ClusterOptions, SlotReport } from '../protocol/deployment.js';
import type { Failure } from '../protocol/failure.js';
import { actorNames, anyIncarnation, type Incarnation, type ProcessName } from '../protocol/ids.js';
import type { Versions } from '../protocol/versions.js';
import type { ResourceManagerMessage } from '../resource-manager/messages.js';
import type { SlotInput, SlotMessage } from '../slot/messages.js';
import type { TaskManagerInput, TaskManagerMessage } from './messages.js';

export interface TaskManagerContext {
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly leader: ProcessName;
  readonly versions: Versions;
  readonly options: ClusterOptions;
  readonly slotCount: number;
  readonly slotMemoryBytes: number;
  /** What each slot said last, by number; a slot that has said nothing is not in it. */
  readonly slots: readonly SlotReport[];
  /** Numbers the questions to be registered: the answer to an earlier one says nothing of the leader of now. */
  readonly registration: number;
  /** Why the leader does not want this process. */
  readonly refusal: Failure | null;
}

type Context = TaskManagerContext;
type On<T extends TaskManagerMessage['type']> = Delivered<Extract<TaskManagerMessage, { type: T }>>;

export const taskManagerContext = (input: TaskManagerInput): Context => ({
  process: input.process,
  incarnation: input.incarnation,
  leader: input.leader,
  versions: input.versions,
  options: input.options,
  slotCount: input.slots,
  slotMemoryBytes: input.slotMemoryBytes,
  slots: [],
  registration: 0,
  refusal: null,
});

export const heartbeatTimeoutMs = ({ options }: Context): number => options.heartbeatTimeoutMs;
/** The silence that led to `registering` is part of the time without a leader. */
export const orphanTimeoutMs = ({ options }: Context): number =>
  Math.max(options.askEveryMs, options.orphanTimeoutMs - options.heartbeatTimeoutMs);
export const drainTimeoutMs = ({ options }: Context): number => options.pauseTimeoutMs;

export const isLastToReport = ({ slots, slotCount }: Context, { report }: On<'slot.changed'>): boolean =>
  slots.filter(({ slot }) => slot !== report.slot).length === slotCount - 1;

export const isEmpty = ({ slots }: Context): boolean => slots.every(({ allocation }) => allocation === null);
export const isLastToEnd = ({ slots }: Context, { report }: On<'slot.changed'>): boolean =>
  slots.every(({ slot, allocation }) => (slot === report.slot ? report.allocation : allocation) === null);
export const hasEnded = (_context: Context, { report }: On<'slot.changed'>): boolean => report.allocation === null;

export function startSlots(context: Context): Decision<Context> {
  const { process, incarnation, options } = context;
  return {
    effects: numbers(context).map((slot): Effect => {
      const input: SlotInput = { address: { process, incarnation, slot }, options };
      return { kind: 'actor.start', role: 'slot', actor: actorNames.slot(slot), input };
    }),
  };
}

export const noteSlot = ({ slots }: Context, { report }: On<'slot.changed'>): Decision<Context> => ({
  context: {
    slots: [...slots.filter(({ slot }) => slot !== report.slot), report].sort((a, b) => a.slot - b.slot),
  },
});

/** Asked of whoever leads there now, with what the slots hold now. */
export function askToRegister(context: Context): Decision<Context> {
  const { process, incarnation, leader, versions, options, slotMemoryBytes, slots } = context;
  const registration = context.registration + 1;
  const message: ResourceManagerMessage = {
    type: 'resourceManager.register',
    process,
    incarnation,
    versions,
    slotMemoryBytes,
    slots,
  };
  return {
    context: { registration },
    effects: [
      {
        kind: 'ask',
        id: registrationAsk({ ...context, registration }),
        to: { process: leader, incarnation: anyIncarnation, actor: actorNames.resourceManager },
        message,
        everyMs: options.askEveryMs,
        deadlineMs: options.heartbeatTimeoutMs,
      },
    ],
  };
}

export const noteRefused = (_context: Context, { failure }: On<'resourceManager.refused'>): Decision<Context> => ({
  context: { refusal: failure },
});

/** The process is there and does not lead (yet). */
export function askLater({ options }: Context): Decision<Context> {
  const message: TaskManagerMessage = { type: 'taskManager.registerAgain' };
  return { effects: [{ kind: 'timer.start', timer: registerTimer, delayMs: options.askEveryMs, message }] };
}

export const endAsking = (context: Context): Decision<Context> => ({
  effects: [
    { kind: 'unask', id: registrationAsk(context) },
    { kind: 'timer.stop', timer: registerTimer },
  ],
});

export function answerHeartbeat({ slots }: Context, { beat, meta }: On<'taskManager.heartbeat'>): Decision<Context> {
  const reported: HeartbeatMessage = { type: 'taskManager.reported', beat, slots };
  return { effects: answer(meta.ask, reported) };
}

/** Nobody leads what runs here, and somewhere else it may have been started anew. */
export const evictAll = (context: Context): Decision<Context> => ({ effects: numbers(context).map(evict) });

/** A slot that is stopped opens nothing any more; one that holds something is stopped when it has ended it. */
export const drain = (context: Context): Decision<Context> => ({
  effects: numbers(context).map((slot) => (isBusy(context, slot) ? evict(slot) : stop(slot))),
});

export const stopSlot = (_context: Context, { report }: On<'slot.changed'>): Decision<Context> => ({
  effects: [stop(report.slot)],
});

export const stopAll = (context: Context): Decision<Context> => ({ effects: numbers(context).map(stop) });

const numbers = ({ slotCount }: Context): readonly number[] => Array.from({ length: slotCount }, (_, slot) => slot);

const isBusy = ({ slots }: Context, slot: number): boolean =>
  slots.some((each) => each.slot === slot && each.allocation !== null);

function evict(slot: number): Effect {
  const message: SlotMessage = { type: 'slot.evict' };
  return { kind: 'tell', actor: actorNames.slot(slot), message };
}

const stop = (slot: number): Effect => ({ kind: 'actor.stop', actor: actorNames.slot(slot) });

const registerTimer = 'register';

const registrationAsk = ({ process, incarnation, registration }: Context): AskId =>
  `register/${process}@${incarnation}/${registration}`;

/** What people see the task manager wait for. */
export function waiting(state: string, context: Context): readonly string[] {
  const { leader, slots } = context;
  if (state === 'registering') return [`${leader}: registration`];
  if (state === 'connecting') {
    return numbers(context)
      .filter((slot) => slots.every((each) => each.slot !== slot))
      .map((slot) => actorNames.slot(slot));
  }
  if (state !== 'draining') return [];
  return slots.filter(({ allocation }) => allocation !== null).map(({ slot }) => actorNames.slot(slot));
}
