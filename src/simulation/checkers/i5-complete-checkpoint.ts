import { isDeepStrictEqual } from 'node:util';
import type { CheckpointCoordinatorInput } from '../../../actors/checkpoint-coordinator/messages.js';
import type { CheckpointId, JobRun, SubtaskKey } from '../../../actors/protocol/ids.js';
import { actorNames, checkpointText, runText, subtaskKey } from '../../../actors/protocol/ids.js';
import type { JobVertex } from '../../../actors/protocol/job-graph.js';
import type { CheckpointManifest, OperatorSnapshot, SubtaskSnapshot } from '../../../actors/protocol/manifest.js';
import { type SavepointManifest, savepointKey } from '../../../actors/protocol/savepoint.js';
import type { TaskEvent } from '../../../actors/subtask/messages.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import { decodeRecord } from '../../runtime/host/records.js';
import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { StoreEvent } from '../sim-store.js';
import { completedCheckpoint, endsLog, idText } from './log-entries.js';
import { blobFault, ownedRangesOf } from './manifest-blobs.js';

/**
 * I5: a complete checkpoint has exactly one part of every subtask of the graph, either the snapshot that this subtask's
 * attempt of the checkpoint's run reported for this very checkpoint, or the note that it had finished, or its list states as the
 * checkpoint before has them. Snapshots are of
 * operators of the subtask's own vertex and of key groups that it owns, each once; all blobs exist at that moment,
 * whole. Known from the log entry, the store, and the `task.snapshotted` steps of subtasks. It does not read what is in
 * the blobs; I9 does.
 */
export const completeCheckpoint: CheckerFactory = (context) => new CompleteCheckpoint(context);

class CompleteCheckpoint implements Checker {
  readonly invariant = 'I5';
  /** By the run: a rescale changes them. */
  private readonly places = new Map<JobRun, ReadonlyMap<SubtaskKey, Place>>();
  private readonly reported = new Map<string, SubtaskSnapshot>();

  /** The job has its result, and leaves no checkpoints. */
  private isOver = false;
  /** Parts of the checkpoint before; at first of the savepoint that the job begins with. */
  private before: ReadonlyMap<SubtaskKey, SubtaskSnapshot> = new Map();

  constructor(private readonly context: CheckerContext) {
    const { record, store } = context;
    const bytes = record.from === undefined ? undefined : store.blobs.get(savepointKey(record.from.savepoint));
    const decoded = bytes === undefined ? null : decodeRecord(savepointKey(''), bytes);
    if (decoded === null || !('record' in decoded)) return;
    const { checkpoint } = decoded.record as SavepointManifest;
    this.before = new Map(checkpoint.subtasks.map((snapshot) => [snapshot.subtask, snapshot]));
  }

  trace({ actor, message, effects }: TraceRecord): void {
    for (const effect of effects) {
      if (effect.kind !== 'actor.start' || effect.role !== 'checkpoint-coordinator') continue;
      const { run, graph } = effect.input as CheckpointCoordinatorInput;
      this.places.set(run, placesOf(graph.vertices));
    }
    if (message.type !== 'task.snapshotted') return;
    const { checkpoint, snapshot } = message as Extract<TaskEvent, { type: 'task.snapshotted' }>;
    this.reported.set(`${actor}@${checkpointText(checkpoint)}`, snapshot);
  }

  store(event: StoreEvent): void {
    const { job } = this.context.record;
    this.isOver ||= endsLog(event, this.context.record);
    const manifest = completedCheckpoint(event, job);
    if (manifest === null || this.isOver) return;
    this.parts(manifest);
    for (const snapshot of manifest.subtasks) this.snapshot(manifest, snapshot);
    this.blobs(manifest);
    this.before = new Map(manifest.subtasks.map((snapshot) => [snapshot.subtask, snapshot]));
    this.reported.clear();
  }

  private placesIn({ run }: CheckpointManifest): ReadonlyMap<SubtaskKey, Place> {
    return this.places.get(run) ?? placesOf(this.context.record.graph.vertices);
  }

  private parts(manifest: CheckpointManifest): void {
    const missing = new Set(this.placesIn(manifest).keys());
    for (const key of [...manifest.subtasks.map(({ subtask }) => subtask), ...manifest.finished]) {
      if (!missing.delete(key)) broken(manifest, `${key} takes part twice, or is no subtask of the job`);
    }
    if (missing.size > 0) broken(manifest, `nothing of ${[...missing].join(', ')}`);
  }

  private snapshot(manifest: CheckpointManifest, snapshot: SubtaskSnapshot): void {
    const { subtask, operators } = snapshot;
    const place = this.placesIn(manifest).get(subtask) as Place;
    const report = this.reported.get(reportName(this.context.record.job, manifest.run, subtask, manifest.id));
    if (report === undefined && isCarried(snapshot, this.before)) return;
    if (report === undefined) broken(manifest, `run ${runText(manifest.run)} of ${subtask} never reported its part`);
    if (!isDeepStrictEqual(report, snapshot))
      broken(manifest, `the part of ${subtask} is not what it reported`, { report, snapshot });
    const uids = new Set<string>();
    for (const operator of operators) {
      if (!place.uids.has(operator.uid) || uids.has(operator.uid))
        broken(manifest, `${subtask} has a second or foreign ${operator.uid}`);
      uids.add(operator.uid);
      ownedOnce(manifest, subtask, place, operator);
    }
  }

  private blobs(manifest: CheckpointManifest): void {
    for (const { owner, range } of ownedRangesOf(manifest)) {
      const fault = blobFault(this.context.store, range.blob);
      if (fault !== null) broken(manifest, `the state of ${owner} is not durable: ${fault}`);
      if (range.offset < 0 || range.offset + range.bytes > range.blob.bytes) {
        broken(manifest, `the state of ${owner} lies outside its blob`, { range });
      }
    }
  }
}

/** What a subtask may have state of. */
interface Place {
  readonly index: number;
  readonly vertex: JobVertex;
  readonly uids: ReadonlySet<string>;
}

function placesOf(vertices: readonly JobVertex[]): ReadonlyMap<SubtaskKey, Place> {
  const places = new Map<SubtaskKey, Place>();
  for (const vertex of vertices) {
    const uids = new Set(vertex.operators.map(({ uid }) => uid));
    for (let index = 0; index < vertex.parallelism; index += 1)
      places.set(subtaskKey(vertex.id, index), { index, vertex, uids });
  }
  return places;
}

function ownedOnce(
  manifest: CheckpointManifest,
  subtask: SubtaskKey,
  place: Place,
  { uid, keyGroups }: OperatorSnapshot,
): void {
  const { parallelism, maxParallelism } = place.vertex;
  const seen = new Set<number>();
  for (const { keyGroup } of keyGroups) {
    const owner = Math.floor((keyGroup * parallelism) / maxParallelism);
    if (seen.has(keyGroup) || owner !== place.index)
      broken(manifest, `${subtask}/${uid} has key group ${keyGroup}`, { owner });
    seen.add(keyGroup);
  }
}

const reportName = (job: string, run: JobRun, subtask: SubtaskKey, id: CheckpointId): string =>
  `${actorNames.subtask(job, run, subtask)}@${checkpointText(id)}`;

function broken(manifest: CheckpointManifest, what: string, details: Readonly<Record<string, unknown>> = {}): never {
  throw new Violation('I5', `checkpoint ${idText(manifest.id)} is complete, but ${what}`, details);
}

/** A savepoint has a copy, which its length and checksum tell. */
const whereverItLies = (state: OperatorSnapshot['operatorState']): unknown =>
  state === null ? null : { ...state, blob: { ...state.blob, name: '' } };

/** The list states of a subtask that had finished, as the checkpoint before has them. */
function isCarried({ subtask, drained, operators }: SubtaskSnapshot, before: ReadonlyMap<SubtaskKey, SubtaskSnapshot>) {
  const last = before.get(subtask);
  if (!drained || last?.drained !== true) return false;
  return operators.every(({ uid, keyGroups, operatorState }) => {
    const known = last.operators.find((operator) => operator.uid === uid)?.operatorState;
    return keyGroups.length === 0 && isDeepStrictEqual(whereverItLies(operatorState), whereverItLies(known ?? null));
  });
}
