import { Random } from '../../src/simulation/random.js';

const taskManagers = ['tm-1', 'tm-2', 'tm-3'] as const;
export type MemberName = 'jm' | (typeof taskManagers)[number];
/** The job manager and the task managers, which have a line of their own to nats-server each. */
export const memberNames: readonly MemberName[] = ['jm', ...taskManagers];
export type Target = MemberName | 'nats-server';

/** Which way nothing comes through; what goes the other way does. */
export type Direction = 'both' | 'toServer' | 'fromServer';

export type Partition =
  /** Connections break at once, and new ones too. */
  | { readonly how: 'cut' }
  /** Nobody hears that the line is down. What is under way comes late, all of it and in order, as after a pulled cable. */
  | { readonly how: 'stall'; readonly direction: Direction }
  /** Nobody hears that the line is down. What is under way is gone, and the connections break when the line is mended. */
  | { readonly how: 'swallow'; readonly direction: Direction };

interface FaultTime {
  /** Since the first moment at which faults may happen. */
  readonly atMs: number;
  /** Until what is killed is started again, what is stopped goes on, what is cut is mended. */
  readonly forMs: number;
}

export type Fault = FaultTime &
  (
    | { readonly kind: 'killTaskManager'; readonly target: MemberName }
    | { readonly kind: 'killJobManager'; readonly target: 'jm' }
    | { readonly kind: 'pause'; readonly target: Target }
    /** Stopped as above, and replaced by another of its name; when it wakes, there are two for a while. */
    | { readonly kind: 'replace'; readonly target: MemberName }
    | { readonly kind: 'restartNats'; readonly target: 'nats-server'; readonly signal: 'SIGTERM' | 'SIGKILL' }
    | { readonly kind: 'partition'; readonly target: MemberName; readonly partition: Partition }
  );
export type FaultKind = Fault['kind'];

export const faultKinds: readonly FaultKind[] = [
  'killTaskManager',
  'killJobManager',
  'pause',
  'replace',
  'restartNats',
  'partition',
];

/** From the beginning of one fault to that of the next, on average. */
export const gapMsDefault = 7_000;
/** Of the average. */
const gapShares = { low: 4 / 7, high: 10 / 7 };
const durationMs: Readonly<Record<FaultKind, { readonly low: number; readonly high: number }>> = {
  killTaskManager: { low: 200, high: 6_000 },
  killJobManager: { low: 200, high: 4_000 },
  pause: { low: 300, high: 8_000 },
  replace: { low: 2_500, high: 8_000 },
  restartNats: { low: 200, high: 3_000 },
  partition: { low: 300, high: 8_000 },
};
const firstMs = 1_000;
/** What comes back is left alone for so long. */
const restMs = 1_000;
/** How long one that was replaced lives on after it has woken up. */
export const formerMs = 3_000;

/**
 * The faults of a run as plain data, a pure function of the seed: all begin and end within `lastsMs`. Faults of different targets may
 * overlap. Kinds come in turns, each once before one comes again, so that a short run has seen all of them.
 */
export function drawPlan(seed: number, lastsMs: number, gapMs = gapMsDefault): readonly Fault[] {
  const gap = { low: Math.round(gapMs * gapShares.low), high: Math.round(gapMs * gapShares.high) };
  const random = new Random(seed, 'chaos');
  const busyUntilMs = new Map<Target, number>();
  const plan: Fault[] = [];
  let turn: FaultKind[] = [];
  for (let atMs = random.integer(firstMs, firstMs + gap.low); ; atMs += random.integer(gap.low, gap.high)) {
    if (turn.length === 0) turn = shuffled(faultKinds, random);
    const kind = turn[0] as FaultKind;
    const forMs = random.integer(durationMs[kind].low, durationMs[kind].high);
    const overMs = atMs + forMs + (kind === 'replace' ? formerMs : 0);
    if (overMs > lastsMs) return plan;
    const free = targetsOf(kind).filter((target) => (busyUntilMs.get(target) ?? 0) <= atMs);
    if (free.length === 0) continue;
    turn.shift();
    const target = random.pick(free);
    busyUntilMs.set(target, overMs + restMs);
    plan.push(faultOf(kind, target, { atMs, forMs }, random));
  }
}

function targetsOf(kind: FaultKind): readonly Target[] {
  switch (kind) {
    case 'killTaskManager':
      return taskManagers;
    case 'killJobManager':
      return ['jm'];
    case 'pause':
      return [...memberNames, 'nats-server'];
    case 'restartNats':
      return ['nats-server'];
    case 'partition':
    case 'replace':
      return memberNames;
  }
}

function faultOf(kind: FaultKind, target: Target, time: FaultTime, random: Random): Fault {
  if (kind === 'pause') return { kind, target, ...time };
  if (kind === 'restartNats')
    return { kind, target: 'nats-server', signal: random.pick(['SIGTERM', 'SIGKILL']), ...time };
  if (kind === 'killJobManager') return { kind, target: 'jm', ...time };
  if (target === 'nats-server') throw new Error(`${kind} is drawn for ${target}, which it cannot be done to`);
  if (kind === 'killTaskManager') return { kind, target, ...time };
  if (kind === 'replace') return { kind, target, ...time };
  const how = random.pick(['cut', 'stall', 'swallow'] as const);
  const direction = random.pick(['both', 'both', 'toServer', 'fromServer'] as const);
  return { kind, target, partition: how === 'cut' ? { how } : { how, direction }, ...time };
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const rest = [...items];
  const order: T[] = [];
  while (rest.length > 0) order.push(...rest.splice(random.integer(0, rest.length - 1), 1));
  return order;
}

const directionText: Readonly<Record<Direction, string>> = {
  both: 'both ways',
  toServer: 'to the server',
  fromServer: 'from the server',
};

/** What is done, and for how long. */
export function faultText(fault: Fault): string {
  const forText = `${(fault.forMs / 1_000).toFixed(1)} s`;
  switch (fault.kind) {
    case 'killTaskManager':
    case 'killJobManager':
      return `kill -9 of ${fault.target}, started again after ${forText}`;
    case 'pause':
      return `SIGSTOP of ${fault.target} for ${forText}`;
    case 'replace':
      return `${fault.target} stopped and replaced; it wakes after ${forText}`;
    case 'restartNats':
      return `${fault.signal} of nats-server, started again after ${forText}`;
    case 'partition':
      return `partition of ${fault.target} for ${forText}: ${partitionText(fault.partition)}`;
  }
}

function partitionText(partition: Partition): string {
  if (partition.how === 'cut') return 'cut';
  return `${partition.how === 'stall' ? 'late' : 'lost'}, ${directionText[partition.direction]}`;
}
