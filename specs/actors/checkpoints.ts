import { checkpointCoordinatorActor } from '../../actors/checkpoint-coordinator/machine.js';
import type {
  CheckpointCoordinatorInput,
  CheckpointCoordinatorMessage,
} from '../../actors/checkpoint-coordinator/messages.js';
import { failure } from '../../actors/kernel/failure.js';
import type { AnyMessage } from '../../actors/kernel/message.js';
import { defaultClusterOptions, type Placement } from '../../actors/protocol/deployment.js';
import { actorNames, type CheckpointId, jobRun, subtaskKey } from '../../actors/protocol/ids.js';
import {
  defaultJobOptions,
  type JobGraph,
  type JobOptions,
  type JobVertex,
  type Partitioner,
} from '../../actors/protocol/job-graph.js';
import type { CheckpointManifest, LogEntry, SubtaskSnapshot } from '../../actors/protocol/manifest.js';
import type { SourceCoordinatorMessage } from '../../actors/source-coordinator/messages.js';
import { Driver } from './driver.js';

const epoch = 3;
const round = 2;
export const run = jobRun(epoch, round);
export const jobMaster = actorNames.jobMaster('flights');
export const noted = { type: 'checkpointCoordinator.noted', run };
export const refused = (code: string) => ({ kind: 'refused', code, expected: true });

/** The nth checkpoint of the run. */
export const checkpoint = (n: number): CheckpointId => ({ epoch, n: round * 1_000_000 + n });
export const logKey = (index: number): string => `jobs/flights/log/${String(index).padStart(8, '0')}`;

const askOf = (what: string) => (key: string, n: number) => `${what}/${run}/${epoch}-${checkpoint(n).n}/${key}`;
export const triggerOf = askOf('triggerCheckpoint');
export const commitOf = askOf('completeCheckpoint');
export const abortOf = askOf('abortCheckpoint');

/** read ═hash═▶ count ─forward─▶ write, each with this parallelism. */
export function countingJob(parallelism: number, options: Partial<JobOptions>): JobGraph {
  const vertex = (id: string, kind: 'source' | 'transform' | 'sink'): JobVertex => ({
    id,
    name: id,
    parallelism,
    maxParallelism: 128,
    operators: [{ uid: kind === 'source' ? 'files' : id, name: id, kind, commits: kind === 'sink', stateful: true }],
  });
  const edge = (from: string, to: string, partitioner: Partitioner) => ({
    id: `${from}-${to}`,
    from,
    to,
    partitioner,
    input: 0,
    side: null,
  });
  return {
    name: 'flights',
    vertices: [vertex('read', 'source'), vertex('count', 'transform'), vertex('write', 'sink')],
    edges: [edge('read', 'count', 'hash'), edge('count', 'write', 'forward')],
    options: { ...defaultJobOptions, checkpointIntervalMs: 10_000, ...options },
  };
}

export function placementOf({ vertices }: JobGraph): Placement {
  const entries = vertices.flatMap(({ id, parallelism }) =>
    Array.from({ length: parallelism }, (_, index) => [
      subtaskKey(id, index),
      { process: `tm${index}`, incarnation: `i${index}`, slot: 0 },
    ]),
  );
  return Object.fromEntries(entries);
}

export const everyone = Object.keys(placementOf(countingJob(2, {})));

interface Part {
  readonly drained?: boolean;
  /** Of a reader that was stopped. */
  readonly stopped?: true;
  readonly blobs?: readonly string[];
}

export function part(subtask: string, { drained = false, blobs = [], ...stopped }: Part): SubtaskSnapshot {
  const keyGroups = blobs.map((name, keyGroup) => ({
    keyGroup,
    watermark: 0,
    ranges: [{ blob: { name, bytes: 1, checksum: '00000000' }, offset: 0, bytes: 1 }],
  }));
  const operators = [{ uid: 'count', serializers: [], keyGroups, operatorState: null }];
  return { subtask, drained, operators, ...stopped };
}

/** A complete checkpoint to restore from. */
export const base = (id: CheckpointId, blobs: readonly string[] = []): CheckpointManifest => ({
  id,
  run: run - 1,
  subtasks: [part('count#0', { blobs })],
  enumerators: [],
  finished: [],
});

/** The coordinator of a job of six subtasks, and what may happen to it. */
export class Checkpoints extends Driver {
  constructor(input: Partial<CheckpointCoordinatorInput> = {}, options: Partial<JobOptions> = {}) {
    const graph = countingJob(2, options);
    super(checkpointCoordinatorActor, {
      job: 'flights',
      run,
      epoch,
      incarnation: 'leader-1',
      graph,
      placement: placementOf(graph),
      nextIndex: 4,
      latest: null,
      retained: [],
      finished: [],
      options: defaultClusterOptions,
      ...input,
    } satisfies CheckpointCoordinatorInput);
  }

  due() {
    return this.fire('checkpoint.due');
  }

  timesOut() {
    return this.fire('checkpoint.timedOut');
  }

  sourceClosed(n: number) {
    return this.hears(this.fromRun(run, 'sourceCoordinator.snapshotted', 'files', n));
  }

  /** Up to the point at which the barriers start. */
  begins(n: number) {
    this.due();
    this.sourceClosed(n);
  }

  injects(key: string, n: number) {
    return this.answer(triggerOf(key, n), this.fromRun(run, 'subtask.barrierInjected', key, n));
  }

  acknowledges(key: string, n: number, what: Part = {}) {
    const message: CheckpointCoordinatorMessage = {
      type: 'subtask.snapshotted',
      run,
      checkpoint: checkpoint(n),
      snapshot: part(key, what),
    };
    return this.ask(message);
  }

  acknowledgeAll(n: number, what: Part = {}) {
    for (const key of everyone) this.acknowledges(key, n, what);
  }

  declines(key: string, n: number) {
    return this.ask(this.fromRun(run, 'subtask.declined', key, n));
  }

  drains(key: string) {
    return this.ask(this.fromRun(run, 'subtask.drained', key, 0));
  }

  /** The store says that the newest entry is created. */
  created() {
    return this.hears({ type: 'record.created', request: logKey(this.entry.index) });
  }

  commits(key: string, n: number, finished = false) {
    const committed: CheckpointCoordinatorMessage = {
      type: 'subtask.committed',
      run,
      subtask: key,
      checkpoint: checkpoint(n),
      finished,
    };
    return this.answer(commitOf(key, n), committed);
  }

  completes(n: number) {
    this.begins(n);
    this.acknowledgeAll(n);
    this.created();
    for (const key of everyone) this.commits(key, n);
  }

  abortAll(n: number) {
    for (const key of everyone) this.answer(abortOf(key, n), this.fromRun(run, 'subtask.aborted', key, n));
  }

  /** The newest log entry that was to be created. */
  get entry(): Extract<LogEntry, { kind: 'checkpoint' }> {
    const created = this.of('record.create').at(-1);
    if (created === undefined) throw new Error('no entry was created');
    return created.record as Extract<LogEntry, { kind: 'checkpoint' }>;
  }

  get failureCode(): string | undefined {
    const [failed] = this.told(jobMaster) as CheckpointFailed[];
    return failed?.failure.code;
  }

  /** What the source-coordinator was told: `reopen 1 read#0`. */
  toldSource(): string[] {
    const messages = this.told(actorNames.sourceCoordinator('flights', 'files')) as SourceCoordinatorMessage[];
    return messages.map((message) => {
      const n = 'checkpoint' in message ? message.checkpoint.n - checkpoint(0).n : '?';
      const subtask = message.type === 'sourceCoordinator.reopen' ? ` ${message.subtask}` : '';
      return `${message.type.replace('sourceCoordinator.', '')} ${n}${subtask}`;
    });
  }

  hears(message: CheckpointCoordinatorMessage) {
    return this.tell(message);
  }

  fromRun(ofRun: number, type: SpokenType, subtask: string, n: number): CheckpointCoordinatorMessage {
    const said = { run: ofRun, subtask, checkpoint: checkpoint(n) };
    switch (type) {
      case 'subtask.snapshotted':
        return { type, run: ofRun, checkpoint: checkpoint(n), snapshot: part(subtask, {}) };
      case 'subtask.declined':
        return { type, ...said, failure: failure('SERIALIZER', 'user', 'not serialisable') };
      case 'sourceCoordinator.snapshotted':
        return {
          type,
          run: ofRun,
          checkpoint: checkpoint(n),
          snapshot: { uid: subtask, discovered: true, unassigned: [] },
        };
      case 'subtask.drained':
        return { type, run: ofRun, subtask };
      default:
        return { type, ...said };
    }
  }
}

type SpokenType =
  | 'subtask.snapshotted'
  | 'subtask.declined'
  | 'subtask.drained'
  | 'subtask.barrierInjected'
  | 'subtask.aborted'
  | 'sourceCoordinator.snapshotted';

interface CheckpointFailed extends AnyMessage {
  readonly failure: { readonly code: string };
}
