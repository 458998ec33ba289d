import { failure } from '../../../actors/kernel/failure.js';
import type { CheckpointId } from '../../../actors/protocol/ids.js';
import { checkpointText, compareCheckpoints } from '../../../actors/protocol/ids.js';
import { rangesOf } from '../../../actors/protocol/manifest.js';
import { savepointBlob, stateBlob } from '../../../actors/protocol/savepoint.js';
import type { Barrier } from '../elements.js';
import type { OpenSource } from '../open-source.js';
import type { Procedure } from '../operator/procedures.js';
import type { TaskOperators } from '../task-operators.js';
import type { TaskletSetting } from '../tasklet-setting.js';
import { SnapshotUpload } from './snapshot-upload.js';
import { SnapshotUnderWay } from './subtask-snapshot.js';

/** How a subtask is when its snapshot is taken. */
export interface SnapshotFacts {
  /** The actor has asked for it; otherwise its barrier came from upstream. */
  readonly triggered: boolean;
  /** After the last record. */
  readonly drained: boolean;
}

interface UnderWay extends SnapshotFacts {
  readonly snapshot: SnapshotUnderWay;
  readonly upload: SnapshotUpload;
  /** How long it held up records. */
  readonly syncMs: number;
  readonly sinceMs: number;
}

/** The checkpoints of one attempt: taken, made durable, committed, forgotten. */
export class TaskCheckpoints {
  /** Of snapshots that are written or on their way to the store. */
  private readonly uploads = new Map<SnapshotUpload, CheckpointId>();
  /** Taken, and neither aborted nor older than a complete one. */
  private readonly taken = new Map<string, CheckpointId>();
  /** The newest one that was taken or given up: ids strictly increase. */
  private newest: CheckpointId | null = null;
  /** From this one on, snapshots are taken after the last record. */
  private firstDrained: CheckpointId | null = null;
  /** The savepoint with which the job ends: nothing is processed after it, unless it is given up. */
  private last: CheckpointId | null = null;
  /** The snapshot that is being written. */
  private underWay: UnderWay | null = null;

  constructor(
    private readonly setting: TaskletSetting,
    private readonly operators: TaskOperators,
    private readonly source: OpenSource | null,
  ) {}

  isOver(checkpoint: CheckpointId): boolean {
    return this.newest !== null && compareCheckpoints(checkpoint, this.newest) <= 0;
  }

  /** Everything up to here is committed when that checkpoint is, and nothing comes after. */
  isFinal(checkpoint: CheckpointId): boolean {
    const final = this.last ?? this.firstDrained;
    return final !== null && compareCheckpoints(checkpoint, final) >= 0;
  }

  /** Records, timers and completions wait, because the job ends here. */
  get suspended(): boolean {
    return this.last !== null;
  }

  /** The pre-barrier phase of all operators, then the barrier, then the snapshot: records after it are in neither. */
  *take(barrier: Barrier, facts: SnapshotFacts): Procedure {
    const { setting } = this;
    const { checkpoint, base, savepoint } = barrier;
    this.newest = checkpoint;
    if (base !== null) this.confirm(base);
    yield* this.operators.prepare(checkpoint);
    setting.output.control(barrier);
    if (facts.triggered) setting.notify({ type: 'task.barrierInjected', checkpoint });
    if (facts.drained) this.firstDrained ??= checkpoint;
    // Nobody waits for the one before any more, or this barrier would not have come.
    this.letGo();
    if (savepoint?.suspends) this.last = checkpoint;
    this.underWay = this.begin(barrier, facts);
  }

  /** How much of a turn goes to records: a snapshot under way takes the other half, and all that records leave over. */
  recordsShare(turnMax: number): number {
    return this.underWay === null ? turnMax : Math.ceil(turnMax / 2);
  }

  /** Writes up to about so many entries of the snapshot under way, and returns how many; none while that waits for something outside. */
  write(entriesMax: number): number {
    const { underWay } = this;
    if (underWay === null || entriesMax < 1) return 0;
    const { failure: failed } = underWay.upload;
    if (failed !== null) {
      this.setting.notify({ type: 'task.declined', checkpoint: underWay.snapshot.checkpoint, failure: failed });
      this.letGo();
      return 0;
    }
    const progress = underWay.snapshot.advance(entriesMax);
    if (progress === 'blocked') return 0;
    if (progress === 'done') {
      this.underWay = null;
      this.store(underWay);
    }
    return entriesMax;
  }

  *commit(checkpoint: CheckpointId): Procedure {
    yield* this.operators.commit(checkpoint);
    const finished = this.isFinal(checkpoint);
    this.setting.trace('committed', { checkpoint: checkpointText(checkpoint), finished });
    this.setting.notify({ type: 'task.committed', checkpoint, finished });
  }

  /** It is over and nothing of it will be used. Older ones are over with it. */
  abort(checkpoint: CheckpointId): void {
    if (!this.isOver(checkpoint)) this.newest = checkpoint;
    for (const [upload, id] of this.uploads) if (compareCheckpoints(id, checkpoint) <= 0) this.giveUp(upload);
    if (this.last !== null && compareCheckpoints(this.last, checkpoint) <= 0) this.last = null;
    if (this.underWay !== null && compareCheckpoints(this.underWay.snapshot.checkpoint, checkpoint) <= 0) this.letGo();
    const text = checkpointText(checkpoint);
    if (!this.taken.delete(text)) return;
    this.operators.abort(checkpoint);
    this.setting.trace('aborted', { checkpoint: text });
  }

  /** A newer barrier came before all of this one's had: nobody waits for it any more. */
  superseded(checkpoint: CheckpointId, by: CheckpointId): void {
    const message =
      `${this.setting.subtask} was aligning the barriers of checkpoint ${checkpointText(checkpoint)} when one of ` +
      `${checkpointText(by)} came`;
    this.setting.notify({
      type: 'task.declined',
      checkpoint,
      failure: failure('CHECKPOINT_SUPERSEDED', 'internal', message),
    });
  }

  close(): void {
    this.letGo();
    for (const upload of this.uploads.keys()) this.giveUp(upload);
  }

  private confirm(base: CheckpointId): void {
    this.operators.confirm(base);
    for (const [text, id] of this.taken) if (compareCheckpoints(id, base) < 0) this.taken.delete(text);
  }

  private letGo(): void {
    if (this.underWay === null) return;
    this.underWay.snapshot.cancel();
    this.giveUp(this.underWay.upload);
    this.underWay = null;
  }

  private giveUp(upload: SnapshotUpload): void {
    upload.discard();
    this.uploads.delete(upload);
  }

  private begin({ checkpoint, base, savepoint }: Barrier, facts: SnapshotFacts): UnderWay {
    const { source, setting } = this;
    const { job, run, subtask, ports, options, snapshotMemory, wake } = setting;
    const sinceMs = ports.clock.monotonicMs();
    const parts = this.operators.snapshot(checkpoint);
    const readers =
      source === null
        ? []
        : [
            {
              culprit: source.culprit,
              items: source.head.snapshot(),
              itemsKind: 'operatorList' as const,
              keyed: null,
              tables: null,
            },
          ];
    const name =
      savepoint === undefined
        ? stateBlob(job, { run, checkpoint, subtask })
        : savepointBlob(savepoint.name, { run, checkpoint, subtask });
    this.taken.set(checkpointText(checkpoint), checkpoint);
    const form = savepoint === undefined ? { kind: 'checkpoint' as const, base } : { kind: 'savepoint' as const };
    const upload = new SnapshotUpload({
      blobs: ports.blobs,
      clock: ports.clock,
      timeoutMs: options.storeTimeoutMs,
      memory: snapshotMemory,
      blobBytes: Math.min(options.snapshotBlobBytes, Math.ceil(snapshotMemory.budgetBytes / 4)),
      wake,
    });
    const snapshot = new SnapshotUnderWay([...readers, ...parts], checkpoint, form, name, upload);
    this.uploads.set(upload, checkpoint);
    return { ...facts, snapshot, upload, sinceMs, syncMs: ports.clock.monotonicMs() - sinceMs };
  }

  private store({ snapshot, upload, drained, syncMs, sinceMs }: UnderWay): void {
    const { subtask, notify, trace, ports } = this.setting;
    const { checkpoint } = snapshot;
    const stopped = drained && this.source?.head.endedByStop === true;
    const { operators, bytes } = snapshot.taken();
    trace('snapshotTaken', {
      checkpoint: checkpointText(checkpoint),
      bytes,
      fullBytes: operators.flatMap(rangesOf).reduce((sum, { bytes }) => sum + bytes, 0),
      drained,
      syncMs,
      asyncMs: ports.clock.monotonicMs() - sinceMs - syncMs,
    });
    upload.finish((failed) => {
      if (failed === null) {
        this.uploads.delete(upload);
        const snapshot = { subtask, operators, drained, ...(stopped ? { stopped } : {}) };
        notify({ type: 'task.snapshotted', checkpoint, snapshot });
        return;
      }
      this.giveUp(upload);
      notify({ type: 'task.declined', checkpoint, failure: failed });
    });
  }
}
