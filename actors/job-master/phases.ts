import type { SubtaskKey } from '../protocol/ids.js';

/** How far one subtask of the run is. */
export type SubtaskPhase =
  | 'placed'
  | 'restoring'
  | 'restored'
  | 'rewinding'
  | 'rewound'
  | 'starting'
  /** It processes records, or has nothing more to do. */
  | 'started'
  /** A reader that is asked to read nothing more, and one that has said so. */
  | 'stopping'
  | 'stopped';

/** What moves a subtask on: what is asked of it, and the fact that answers. */
export type SubtaskStep =
  | 'subtask.restore'
  | 'subtask.restored'
  | 'subtask.rewind'
  | 'subtask.rewound'
  | 'subtask.start'
  | 'subtask.started'
  | 'subtask.stop'
  | 'subtask.stopping';

const subtaskTable: Readonly<Record<SubtaskPhase, Partial<Record<SubtaskStep, SubtaskPhase>>>> = {
  placed: { 'subtask.restore': 'restoring' },
  restoring: { 'subtask.restored': 'restored' },
  restored: { 'subtask.rewind': 'rewinding' },
  rewinding: { 'subtask.rewound': 'rewound' },
  rewound: { 'subtask.start': 'starting' },
  starting: { 'subtask.started': 'started' },
  started: { 'subtask.stop': 'stopping' },
  stopping: { 'subtask.stopping': 'stopped' },
  stopped: {},
};

/** The phase in which the answer to each question is awaited. */
export const awaitedIn = {
  'subtask.restore': 'restoring',
  'subtask.rewind': 'rewinding',
  'subtask.start': 'starting',
  'subtask.stop': 'stopping',
} as const satisfies Partial<Record<SubtaskStep, SubtaskPhase>>;

export type SubtaskQuestion = keyof typeof awaitedIn;

/** Undefined when that step does not follow. */
export const subtaskPhaseAfter = (phase: SubtaskPhase | undefined, step: SubtaskStep): SubtaskPhase | undefined =>
  phase === undefined ? undefined : subtaskTable[phase][step];

const startedPhases: ReadonlySet<SubtaskPhase> = new Set(['started', 'stopping', 'stopped']);

/** Whether all have started once `changed` has. */
export const haveAllStarted = (phases: Readonly<Record<SubtaskKey, SubtaskPhase>>, changed = ''): boolean =>
  Object.entries(phases).every(([key, phase]) => key === changed || startedPhases.has(phase));

/** How far one slot of the run is. */
export type SlotPhase =
  | 'granted'
  | 'opening'
  | 'opened'
  | 'closing'
  /** Nothing of the run is left there. */
  | 'closed'
  /** Its task manager is lost: nothing of the run can be reached there, nor has to be waited for. */
  | 'lost'
  /** It was asked to close and has not answered in time. */
  | 'silent';

export type SlotStep = 'open' | 'opened' | 'close' | 'closed' | 'lose' | 'giveUp';

const slotTable: Readonly<Record<SlotPhase, Partial<Record<SlotStep, SlotPhase>>>> = {
  granted: { open: 'opening', close: 'closing', lose: 'lost' },
  opening: { opened: 'opened', close: 'closing', lose: 'lost' },
  opened: { close: 'closing', lose: 'lost' },
  closing: { closed: 'closed', lose: 'lost', giveUp: 'silent' },
  closed: {},
  lost: {},
  silent: {},
};

/** Undefined when that step does not follow. */
export const slotPhaseAfter = (phase: SlotPhase | undefined, step: SlotStep): SlotPhase | undefined =>
  phase === undefined ? undefined : slotTable[phase][step];

/** Whether all stand at `goal` once `changed` does. */
export function isLastTo<P extends string>(goal: P, changed: string, phases: Readonly<Record<string, P>>): boolean {
  return Object.entries(phases).every(([key, phase]) => key === changed || phase === goal);
}

/** The keys that stand at one of `phases`, in their order. */
export function keysIn<P extends string>(
  record: Readonly<Record<SubtaskKey, P>>,
  ...phases: readonly P[]
): readonly SubtaskKey[] {
  return Object.entries(record)
    .filter(([, phase]) => phases.includes(phase))
    .map(([key]) => key);
}
