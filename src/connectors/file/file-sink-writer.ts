import type { Failure } from '../../../actors/kernel/failure.js';
import { failure } from '../../../actors/kernel/failure.js';
import type { CheckpointId } from '../../../actors/protocol/ids.js';
import type { Lifecycle, OperatorContext, Settle } from '../../operators/operator.js';
import type { SinkWriter } from '../../operators/sink.js';
import type { FileResult } from '../../ports/files.js';
import { commitParts, type FileCommittable } from './commit-parts.js';
import { type Part, PartNames, type PartStage } from './part-names.js';
import type { RowFormat } from './row-format.js';
import { StepQueue } from './step-queue.js';

/** Encoded text is handed on in pieces of about this size, or of the whole of a part that is smaller. */
const pieceCharsMax = 131_072;
/** Written but not yet in the file; above it no records are taken. */
const queuedBytesMax = 1_048_576;

export interface PartOptions<T> {
  readonly folder: string;
  readonly format: RowFormat<T>;
  readonly rollBytes: number;
  readonly prefix: string;
}

/** One subtask's writer: at most one part in progress, and its I/O in one line, so that what is written stays in order. */
export class FileSinkWriter<T> implements SinkWriter<T, FileCommittable> {
  private readonly names: PartNames;
  private readonly io: StepQueue;
  private readonly pieceChars: number;
  private open = false;
  private text = '';
  private queuedBytes = 0;
  private part: (Part & { bytes: number }) | null = null;
  private nextNumber = 0;
  private prepared: FileCommittable[] = [];
  /** Of earlier runs there may be parts that no checkpoint knows. */
  private leftovers = true;

  constructor(
    private readonly options: PartOptions<T>,
    private readonly context: OperatorContext<never>,
  ) {
    const { job, uid, files } = context;
    this.names = new PartNames({ job, uid, prefix: options.prefix, extension: options.format.extension });
    this.pieceChars = Math.min(pieceCharsMax, options.rollBytes);
    this.io = new StepQueue((failed) => context.fail(failed));
    this.io.add((done) =>
      files.makeFolder(options.folder, (made) => done(made.ok ? null : this.unwritable(made.failure))),
    );
    this.io.add((done) => this.tryFolder(done));
    this.io.add((done) => this.numberOn(done));
  }

  write(value: T): void {
    this.text += this.options.format.encode(value);
    if (this.text.length >= this.pieceChars) this.flush();
  }

  ready(): boolean {
    return this.open && this.queuedBytes < queuedBytesMax;
  }

  prepare(_checkpoint: CheckpointId, settle: Settle): Lifecycle {
    if (this.leftovers) {
      // Checkpoints come after every writer of this run has committed what was restored: what is pending of earlier runs now is void.
      // So is what an attempt that was cut off from its leader has begun since this one looked first.
      this.leftovers = false;
      this.io.add((done) => this.clearAway(['inprogress', 'pending'], done));
    }
    this.flush();
    this.closePart();
    return this.whenDone(settle);
  }

  take(): readonly FileCommittable[] {
    const taken = this.prepared;
    this.prepared = [];
    return taken;
  }

  commit(committables: readonly FileCommittable[], settle: Settle): Lifecycle {
    commitParts(this.context.files, committables, settle);
    return 'pending';
  }

  /**
   * Clears away what earlier runs were writing. What they left pending waits for the first checkpoint: it may belong to the restored
   * one, and be another subtask's to commit.
   */
  abortOthers(_committed: readonly FileCommittable[], settle: Settle): Lifecycle {
    this.io.add((done) => this.clearAway(['inprogress'], done));
    return this.whenDone(settle);
  }

  close(): void {
    this.io.close();
    this.text = '';
  }

  private whenDone(settle: Settle): Lifecycle {
    if (this.io.isIdle) return 'done';
    this.io.whenIdle(settle);
    return 'pending';
  }

  /** Hands the text on to the part in progress, and begins one when there is none. */
  private flush(): void {
    if (this.text === '') return;
    const { files, subtaskIndex, run } = this.context;
    const begins = this.part === null;
    this.part ??= { subtask: subtaskIndex, run, number: this.nextNumber++, bytes: 0 };
    const bytes = Buffer.from(begins ? this.options.format.header + this.text : this.text);
    this.text = '';
    this.part.bytes += bytes.length;
    this.queuedBytes += bytes.length;
    const path = this.pathOf(this.part, 'inprogress');
    this.io.add((done) => {
      const written = (result: FileResult<null>): void => this.written(bytes.length, result, done);
      if (begins) files.create(path, bytes, written);
      else files.append(path, bytes, written);
    });
    if (this.part.bytes >= this.options.rollBytes) this.closePart();
  }

  private written(bytes: number, result: FileResult<null>, done: (failure: Failure | null) => void): void {
    const wasReady = this.ready();
    this.queuedBytes -= bytes;
    done(failureOf(result));
    if (!wasReady && this.ready()) this.context.wake();
  }

  private closePart(): void {
    const { part } = this;
    if (part === null) return;
    this.part = null;
    const { files } = this.context;
    const from = this.pathOf(part, 'inprogress');
    const pending = this.pathOf(part, 'pending');
    this.io.add((done) => files.sync(from, (synced) => done(failureOf(synced))));
    this.io.add((done) => files.rename(from, pending, (renamed) => done(failureOf(renamed))));
    this.prepared.push({ pending, final: this.pathOf(part, 'final'), bytes: part.bytes });
  }

  /** Writing shows now, and not at the first checkpoint, whether this process may. */
  private tryFolder(done: (failure: Failure | null) => void): void {
    const { files, subtaskIndex } = this.context;
    const path = `${this.options.folder}/${this.names.trialOf(subtaskIndex)}`;
    files.create(path, new Uint8Array(0), (created) => {
      if (!created.ok && created.failure.code !== 'FILE_EXISTS') return done(this.unwritable(created.failure));
      files.remove(path, (removed) => done(failureOf(removed)));
    });
  }

  /**
   * A cluster that starts anew counts its runs anew too, and another job may have the same ones: parts must not take the names of those that are
   * there, nor of those that are pending for whoever goes on from that job's checkpoint.
   */
  private numberOn(done: (failure: Failure | null) => void): void {
    this.context.files.list(this.options.folder, (listed) => {
      if (!listed.ok) return done(listed.failure);
      for (const name of listed.value) {
        const part = this.names.claimedBy(name);
        if (part?.subtask !== this.context.subtaskIndex || part.run !== this.context.run) continue;
        this.nextNumber = Math.max(this.nextNumber, part.number + 1);
      }
      this.open = true;
      done(null);
      this.context.wake();
    });
  }

  /** Removes the parts of earlier runs in these stages: those of this subtask, and those of subtasks that there no longer are. */
  private clearAway(stages: readonly PartStage[], done: (failure: Failure | null) => void): void {
    const { files, subtaskIndex, parallelism, run } = this.context;
    files.list(this.options.folder, (listed) => {
      if (!listed.ok) return done(listed.failure);
      const left = listed.value.filter((name) => {
        const part = this.names.partOf(name);
        if (part === null || !stages.includes(part.stage)) return false;
        return part.run < run && part.subtask % parallelism === subtaskIndex;
      });
      const from = (i: number): void => {
        const name = left[i];
        if (name === undefined) return done(null);
        files.remove(`${this.options.folder}/${name}`, (removed) => (removed.ok ? from(i + 1) : done(removed.failure)));
      };
      from(0);
    });
  }

  private pathOf(part: Part, stage: PartStage): string {
    return `${this.options.folder}/${this.names.nameOf(part, stage)}`;
  }

  private unwritable({ code, message }: Failure): Failure {
    const text = `The file sink '${this.context.uid}' cannot write to folder '${this.options.folder}'. ${message} Let the user of this process write there, or choose another folder.`;
    return failure('SINK_UNWRITABLE', 'user', text, code === 'DISK_FULL' ? 'restart' : 'never');
  }
}

const failureOf = (result: FileResult<unknown>): Failure | null => (result.ok ? null : result.failure);
