import type { Failure } from '../kernel/failure.js';
import type { AskRef } from '../kernel/message.js';
import type { ClusterOptions } from '../protocol/deployment.js';
import {
  type Address,
  type Allocation,
  type JobId,
  type JobRun,
  type SlotAddress,
  type SubtaskKey,
  sameAddress,
} from '../protocol/ids.js';
import type { SlotInput } from './messages.js';

/** Of how many jobs the newest closed run is remembered; later than that no message of theirs is still on its way. */
const closedMax = 64;

/** A subtask that the placement puts into this slot. */
export interface Placed {
  readonly key: SubtaskKey;
  /** Uid of the source at the head of its chain, or null. */
  readonly source: string | null;
}

/** A `slot.close` that is answered when nothing is left here. */
export interface PendingClose {
  readonly ask: AskRef;
  readonly allocation: Allocation;
}

export interface SlotContext {
  readonly address: SlotAddress;
  readonly options: ClusterOptions;
  /** Of whom the slot is; null while it is free. */
  readonly allocation: Allocation | null;
  /** Who opened it: job-master and coordinators of the run live in that process. */
  readonly leader: Address | null;
  readonly placed: readonly Placed[];
  /** The question to open it, kept while the code is loaded. */
  readonly opening: AskRef | null;
  /** Questions to close it, of the job-master and of the resource manager. */
  readonly closing: readonly PendingClose[];
  /** Subtasks that were told to end and have not. */
  readonly ending: readonly SubtaskKey[];
  /** The subtasks exist, so that they must be ended, and stopped at last. */
  readonly started: boolean;
  /** Newest run of each job that must not be opened here any more; the job closed last stands last. */
  readonly closed: readonly { readonly job: JobId; readonly run: JobRun }[];
  /** The allocation whose code could not be loaded here last: it is not tried twice, but answered again. */
  readonly failed: { readonly allocation: Allocation; readonly failure: Failure } | null;
  readonly progress: number;
}

type Context = SlotContext;

/** What a free slot knows nothing of. */
export const nobody = {
  allocation: null,
  leader: null,
  placed: [],
  opening: null,
  closing: [],
  ending: [],
  started: false,
} as const satisfies Partial<Context>;

export const slotContext = ({ address, options }: SlotInput): Context => ({
  address,
  options,
  ...nobody,
  closed: [],
  failed: null,
  progress: 0,
});

export const closedRun = ({ closed }: Context, job: JobId): JobRun =>
  closed.find((each) => each.job === job)?.run ?? -1;

/** Race 12: from now on a late duplicate of the question to open that run, or an older one, opens nothing. */
export function remember(context: Context, { job, run }: Allocation): Context['closed'] {
  const others = context.closed.filter((each) => each.job !== job);
  return [...others, { job, run: Math.max(run, closedRun(context, job)) }].slice(-closedMax);
}

export const isKept = ({ closing }: Context, ask: AskRef): boolean =>
  closing.some((each) => each.ask.id === ask.id && sameAddress(each.ask.from, ask.from));
