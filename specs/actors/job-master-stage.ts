import { expect } from 'vitest';
import type { JobMasterContext } from '../../actors/job-master/machine.js';
import { jobMasterActor } from '../../actors/job-master/machine.js';
import type { JobMasterInput, JobMasterMessage } from '../../actors/job-master/messages.js';
import type { Effect, EffectKind } from '../../actors/kernel/effect.js';
import type { AnyMessage } from '../../actors/kernel/message.js';
import type { Verdict } from '../../actors/kernel/step.js';
import { defaultClusterOptions } from '../../actors/protocol/deployment.js';
import { type Failure, failure } from '../../actors/protocol/failure.js';
import type { Allocation, CheckpointId, JobRun, SlotAddress } from '../../actors/protocol/ids.js';
import { jobRun } from '../../actors/protocol/ids.js';
import type { JobGraph, JobOptions, JobRecord, OperatorNode } from '../../actors/protocol/job-graph.js';
import { defaultJobOptions } from '../../actors/protocol/job-graph.js';
import type {
  CheckpointManifest,
  LogEntry,
  OperatorSnapshot,
  SubtaskSnapshot,
} from '../../actors/protocol/manifest.js';
import { Driver } from './driver.js';

export type EffectOf<K extends EffectKind> = Extract<Effect, { kind: K }>;

const operator = (uid: string, kind: OperatorNode['kind']): OperatorNode => ({
  uid,
  name: uid,
  kind,
  commits: kind === 'sink',
  stateful: true,
});

export const threeRestarts = { kind: 'fixedDelay', attempts: 3, delayMs: 1_000 } as const;

/** Two readers, and two subtasks that count and write. */
export const graphWith = (options: Partial<JobOptions> = {}): JobGraph => ({
  name: 'flights',
  vertices: [
    { id: 'v1', name: 'read', parallelism: 2, maxParallelism: 128, operators: [operator('read', 'source')] },
    {
      id: 'v2',
      name: 'count',
      parallelism: 2,
      maxParallelism: 128,
      operators: [operator('count', 'transform'), operator('write', 'sink')],
    },
  ],
  edges: [{ id: 'e1', from: 'v1', to: 'v2', partitioner: 'hash', input: 0, side: null }],
  options: { ...defaultJobOptions, restart: threeRestarts, ...options },
});

export const recordOf = (graph: JobGraph): JobRecord => ({
  format: 1,
  job: 'flights',
  graph,
  code: 'c0de',
  params: [],
});

export const slotA: SlotAddress = { process: 'tm-a', incarnation: 'a1', slot: 0 };
export const slotB: SlotAddress = { process: 'tm-b', incarnation: 'b1', slot: 0 };
const allSubtasks = ['v1#0', 'v1#1', 'v2#0', 'v2#1'];

export const epoch = 7;
export const run1 = jobRun(epoch, 1);
export const run2 = jobRun(epoch, 2);
export const allocationOf = (run: JobRun): Allocation => ({ job: 'flights', run, epoch });

export const userFailure = failure('USER_CODE', 'user', 'Cannot divide by zero.');
export const fatalFailure = failure('TYPE_ERROR', 'user', 'x is not a function', 'never');
/** A failure as the job-master passes it on: with the place where it was. */
export const failedAt = (place: string, { message, ...rest }: Failure): Failure => ({
  ...rest,
  message: `${message.replace(/\.?$/, '.')} At ${place}.`,
});
/** Where the second subtask runs that `fails` speaks of. */
export const countPlace = 'v2#0 on tm-a, slot 0';
export const brokenChannel = failure('CHANNEL_BROKEN', 'infrastructure', 'A gap.');

export function snapshot(uid: string, state: { keyGroups?: readonly number[]; list?: string } = {}): OperatorSnapshot {
  const range = (name: string) => ({ blob: { name, bytes: 1, checksum: '0' }, offset: 0, bytes: 1 });
  return {
    uid,
    serializers: [],
    keyGroups: (state.keyGroups ?? []).map((keyGroup) => ({
      keyGroup,
      watermark: 0,
      ranges: [range(`${uid}-${keyGroup}`)],
    })),
    operatorState: state.list === undefined ? null : range(state.list),
  };
}

export function manifest(
  id: CheckpointId,
  parts: Readonly<Record<string, readonly OperatorSnapshot[]>> = {},
  more: Partial<CheckpointManifest> & { readonly drained?: readonly string[] } = {},
): CheckpointManifest {
  const { drained = [], ...rest } = more;
  const subtasks = Object.entries(parts).map(
    ([subtask, operators]): SubtaskSnapshot => ({ subtask, operators, drained: drained.includes(subtask) }),
  );
  return { id, run: jobRun(id.epoch, 1), subtasks, enumerators: [], finished: [], ...rest };
}

type Kept =
  | Omit<Extract<LogEntry, { kind: 'checkpoint' }>, 'index'>
  | Omit<Extract<LogEntry, { kind: 'recovered' }>, 'index'>;

const base = { format: 1, job: 'flights' } as const;
export const checkpointed = (checkpoint: CheckpointManifest): Kept => ({
  ...base,
  kind: 'checkpoint',
  epoch: checkpoint.id.epoch,
  nonce: `old/${checkpoint.id.epoch}/${checkpoint.id.n}`,
  checkpoint,
});
export const recovered = (of: number, from: CheckpointId | null, round = 1): Kept => ({
  ...base,
  kind: 'recovered',
  epoch: of,
  nonce: `old/${of}/r${round}`,
  run: jobRun(of, round),
  from,
});

/** What lies in the store instead of a record that can be read. */
export const damage = { damaged: true } as const;

/** A job-master with everybody that it speaks to: the store keeps its promises, and the others answer when told to. */
export class JobStage {
  readonly driver: Driver;
  /** What the job-master wanted done, in order. */
  readonly history: Effect[] = [];
  /** Since the last act. */
  fresh: readonly Effect[] = [];
  /** The log in the store. */
  readonly log: unknown[];
  result: unknown = null;
  /** What stands in the store of a wish to stop. */
  stop: unknown = null;
  private pending: Effect | null = null;
  verdict: Verdict = { kind: 'taken' };

  constructor(
    given: {
      graph?: JobGraph;
      log?: readonly (Kept | typeof damage)[];
      result?: unknown;
      stop?: unknown;
      canceled?: true;
    } = {},
  ) {
    const input: JobMasterInput = {
      record: recordOf(given.graph ?? graphWith()),
      epoch,
      process: 'jm',
      incarnation: 'jm-1',
      options: defaultClusterOptions,
      ...(given.canceled === true ? { canceled: true } : {}),
    };
    this.log = (given.log ?? []).map((entry, index) => ('damaged' in entry ? entry : { ...entry, index }));
    this.result = given.result ?? null;
    this.stop = given.stop ?? null;
    this.driver = new Driver(jobMasterActor, input);
    this.absorb({ kind: 'taken' });
  }

  get at(): string {
    return this.driver.value;
  }
  get context(): JobMasterContext {
    return this.driver.context as JobMasterContext;
  }
  get open(): readonly string[] {
    return this.driver.open;
  }
  get waitingFor(): readonly string[] {
    return this.driver.waitingFor;
  }

  tell(message: JobMasterMessage): this {
    return this.absorb(this.driver.tell(message));
  }
  ask(message: JobMasterMessage, id?: string): AnyMessage | Verdict {
    const answered = this.driver.ask(message, id);
    this.absorb('kind' in answered ? (answered as Verdict) : { kind: 'taken' });
    return answered;
  }
  answer(id: string, message: JobMasterMessage): this {
    return this.absorb(this.driver.answer(id, message) ?? { kind: 'taken' });
  }
  expire(id: string): this {
    return this.absorb(this.driver.expire(id));
  }
  absent(id: string): this {
    return this.absorb(this.driver.absent(id));
  }
  elapse(timer: string): this {
    return this.absorb(this.driver.fire(timer));
  }

  /** The request that waits for the store. */
  asked<K extends 'record.list' | 'record.read' | 'record.create' | 'blobs.sweep'>(kind: K): EffectOf<K> {
    expect(this.pending?.kind).toBe(kind);
    return this.pending as EffectOf<K>;
  }
  /** The store says this of the request that waits, instead of what it would. */
  says(type: string, more: object = {}): this {
    const { request } = this.pending as EffectOf<'record.list'>;
    this.pending = null;
    return this.tell({ type, request, ...more } as JobMasterMessage);
  }
  /** The request takes place, and the answer is lost. */
  loses(): this {
    const { pending } = this;
    if (pending?.kind === 'record.create') this.create(pending);
    return this.says('record.unknown');
  }
  /** The store answers the request that waits. */
  stores(): this {
    const { pending } = this;
    switch (pending?.kind) {
      case 'record.list': {
        const keys = this.log.map((_, index) => `jobs/flights/log/${String(index).padStart(8, '0')}`);
        return this.says('record.listed', { keys });
      }
      case 'record.read': {
        const kept = this.keptAt(pending.key);
        if (kept === null || kept === undefined) return this.says('record.missing');
        return this.holds(kept, 'record.read');
      }
      case 'record.create': {
        const kept = this.create(pending);
        return kept === null ? this.says('record.created') : this.holds(kept, 'record.exists');
      }
      case 'blobs.sweep':
        return this.says('blobs.swept');
      default:
        throw new Error('nothing waits for the store');
    }
  }
  private keptAt(key: string): unknown {
    if (key.endsWith('/result')) return this.result;
    return key.endsWith('/stop') ? this.stop : this.log[Number(key.slice(-8))];
  }
  /** A request waits for the store. */
  get waits(): boolean {
    return this.pending !== null;
  }
  /** The store answers until nothing waits for it. */
  storesAll(): this {
    while (this.pending !== null) this.stores();
    return this;
  }
  private holds(kept: unknown, type: string): this {
    if (kept !== damage) return this.says(type, { record: kept });
    return this.says('record.failed', {
      failure: failure('RECORD_DAMAGED', 'infrastructure', 'bad checksum', 'never'),
    });
  }
  /** Null when it was created, else what stands there. */
  private create({ key, record }: EffectOf<'record.create'>): unknown {
    if (key.endsWith('/result')) {
      const before = this.result;
      this.result ??= record;
      return before;
    }
    const index = Number(key.slice(-8));
    const before = this.log[index] ?? null;
    this.log[index] ??= record;
    return before;
  }

  get run(): JobRun {
    return jobRun(epoch, this.context.round);
  }
  grants(...slots: readonly SlotAddress[]): this {
    const granted = slots.length === 0 ? [slotA, slotB] : slots;
    const message = { type: 'resourceManager.slotsGranted', run: this.run, slots: granted } as const;
    return this.answer(`resourceManager.requestSlots/${this.run}/flights`, message);
  }
  opens(...slots: readonly SlotAddress[]): this {
    for (const slot of slots.length === 0 ? [slotA, slotB] : slots)
      this.answer(this.slotAsk('open', slot), this.slotSays('opened', slot));
    return this;
  }
  closes(...slots: readonly SlotAddress[]): this {
    for (const slot of slots) this.answer(this.slotAsk('close', slot), this.slotSays('closed', slot));
    return this;
  }
  slotAsk(what: 'open' | 'close', { process, incarnation, slot }: SlotAddress): string {
    return `slot.${what}/${this.run}/${process}@${incarnation}/${slot}`;
  }
  private slotSays(what: 'opened' | 'closed', slot: SlotAddress): JobMasterMessage {
    return { type: `slot.${what}`, slot, allocation: allocationOf(this.run) };
  }
  private all(question: string, fact: 'restored' | 'rewound' | 'started'): this {
    const { run } = this;
    for (const subtask of allSubtasks) {
      this.answer(`subtask.${question}/${run}/${subtask}`, { type: `subtask.${fact}`, run, subtask });
    }
    return this;
  }
  restores(): this {
    return this.all('restore', 'restored');
  }
  readies(): this {
    return this.tell({ type: 'sourceCoordinator.ready', run: this.run, uid: 'read' });
  }
  rewinds(): this {
    return this.all('rewind', 'rewound');
  }
  starts(): this {
    return this.all('start', 'started');
  }

  /** Plays everybody's part until the job is in that state. */
  until(state: string): this {
    for (let scenes = 0; this.at !== state; scenes += 1) {
      if (scenes > 20) throw new Error(`never ${state}, but ${this.at}`);
      this.play();
    }
    return this;
  }
  /** Everybody that is asked does its part, and what is waited for comes about. */
  play(): this {
    switch (this.at) {
      case 'backingOff':
        return this.elapse('restartDelay');
      case 'awaitingSlots':
      case 'redistributing':
        return this.grants().opens();
      case 'deploying':
        return this.restores().readies().rewinds();
      case 'restoringState':
        return this.restores();
      case 'rewindingSources':
        return this.readies().rewinds();
      case 'running':
        return this.starts().tell({ type: 'checkpointCoordinator.allFinished', run: this.run });
      case 'pausing':
        return this.elapse('pauseDeadline');
      default:
        if (this.open.length > 0) return this.closes(slotA, slotB);
        return this.waits ? this.stores() : this.elapse('');
    }
  }

  fails(why: Failure, subtask = 'v2#0'): this {
    this.ask({ type: 'subtask.failed', run: this.run, subtask, failure: why });
    return this;
  }

  /** Of the last act. */
  wanted<K extends EffectKind>(kind: K): readonly EffectOf<K>[] {
    return this.fresh.filter((effect): effect is EffectOf<K> => effect.kind === kind);
  }
  every<K extends EffectKind>(kind: K): readonly EffectOf<K>[] {
    return this.history.filter((effect): effect is EffectOf<K> => effect.kind === kind);
  }
  told(actor: string): readonly AnyMessage[] {
    return this.every('tell')
      .filter((effect) => effect.actor === actor)
      .map(({ message }) => message);
  }

  private absorb(verdict: Verdict): this {
    this.verdict = verdict;
    if (verdict.kind === 'refused' && !verdict.expected) throw new Error(`${this.at}: ${verdict.code}`);
    this.fresh = this.driver.take();
    this.history.push(...this.fresh);
    for (const effect of this.fresh) {
      if (effect.kind.startsWith('record.') || effect.kind === 'blobs.sweep') this.pending = effect;
    }
    return this;
  }
}
