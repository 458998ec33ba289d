import { type Failure, failure } from '../../actors/kernel/failure.js';
import type { Split } from '../../actors/protocol/manifest.js';
import type { WatermarkReport } from '../../actors/subtask/messages.js';
import type { Source, SourceReader } from '../operators/source.js';
import type { WatermarkOperator } from '../operators/watermarks.js';
import type { SplitWatermarks } from '../time/split-watermarks.js';
import type { LatencyMarks } from './latency-marks.js';
import { boundPorts } from './operator/bound-ports.js';
import { Mailbox } from './operator/mailbox.js';
import { SourceHead } from './source-head.js';
import { SourceWait } from './source-wait.js';
import { type Culprit, failureOfThrown, TaskFailure } from './task-failure.js';
import type { TaskletSetting } from './tasklet-setting.js';
import type { TaskCommand } from './tasklet-state.js';

/** The reader of a task with a source, and what has arrived for it. */
export class OpenSource {
  readonly head: SourceHead;
  readonly culprit: Culprit;
  skippedRecords = 0;
  private readonly mailbox: Mailbox;
  private readonly wait: SourceWait | null;

  constructor(
    uid: string,
    source: Source,
    private readonly restoredSplits: readonly Split[],
    private readonly setting: TaskletSetting,
    private readonly fail: (failure: Failure) => void,
    /** Gives each split its watermarks; null where nobody does. */
    private readonly watermarks: WatermarkOperator<unknown> | null,
  ) {
    this.mailbox = new Mailbox(setting.wake);
    this.culprit = { uid, name: source.name };
    const reader = this.createReader(source);
    this.wait = this.waitOf(reader);
    this.head = new SourceHead(reader, {
      culprit: this.culprit,
      splits: this.splits,
      wait: this.wait,
      requestSplits: (request) => setting.notify({ type: 'task.splitsRequested', request }),
    });
  }

  /** Null where watermarks are not made for each split. */
  get splits(): SplitWatermarks<unknown> | null {
    return this.watermarks?.splits ?? null;
  }

  /** Reads on from the checkpointed positions. */
  rewind(): void {
    if (this.restoredSplits.length > 0) this.head.assign(this.restoredSplits, false);
  }

  /** Records flow. */
  start(marks: LatencyMarks): void {
    marks.start();
    this.wait?.start();
  }

  carryOut(command: Extract<TaskCommand, { kind: 'stop' | 'align' }>): void {
    if (command.kind === 'stop') this.head.stop();
    else this.wait?.announced(command.limit);
  }

  /** A reader emits nothing by itself, so it gets everything at once. */
  deliver(): boolean {
    let delivered = false;
    for (let arrival = this.mailbox.take(); arrival !== undefined; arrival = this.mailbox.take()) {
      this.head.guarded('in a timer or a completion', arrival);
      delivered = true;
    }
    return delivered;
  }

  close(threw: (what: string) => void): void {
    this.mailbox.close();
    this.wait?.close();
    try {
      this.head.close();
    } catch (error) {
      threw(String(error));
    }
  }

  abandon(): void {
    this.wait?.close();
    this.mailbox.close();
  }

  private waitOf(reader: SourceReader): SourceWait | null {
    const { watermarks } = this;
    const alignment = watermarks?.setting.alignment ?? null;
    if (watermarks === null || alignment === null) return null;
    const { setting, culprit } = this;
    if (reader.leaveOut === undefined) {
      const message =
        `source '${culprit.uid}' is in the alignment group '${alignment.group}', and its readers cannot leave splits out; ` +
        'give it a method leaveOut, or take withAlignment from its watermark strategy';
      throw new TaskFailure(failure('ALIGNMENT_UNSUPPORTED', 'user', message, 'never'));
    }
    const { clock } = boundPorts(setting.ports, this.mailbox);
    const { splits } = watermarks;
    const flowingMs = (): number => watermarks.flowingMs();
    const report = (report: WatermarkReport): void => setting.notify({ type: 'task.watermarkReached', report });
    return new SourceWait(reader, { alignment, splits, clock, flowingMs, report });
  }

  private createReader(source: Source): SourceReader {
    const { job, index, vertex, ports, wake, trace } = this.setting;
    const { clock, files, offload } = boundPorts(ports, this.mailbox);
    const { culprit, fail } = this;
    const { uid } = culprit;
    const skipped = (reason: Failure): void => {
      // The first says what is wrong; all of them would be as many as the records.
      if (this.skippedRecords++ === 0) trace('recordSkipped', { uid, reason: reason.message });
    };
    const context = {
      job,
      uid,
      subtaskIndex: index,
      parallelism: vertex.parallelism,
      clock,
      files,
      offload,
      splitsApart: this.watermarks !== null,
      wake,
      fail,
      skipped,
    };
    try {
      return source.createReader(context);
    } catch (error) {
      throw failureOfThrown(culprit, 'while creating its reader', error);
    }
  }
}
