import type { Failure } from '../../actors/kernel/failure.js';
import type { Split } from '../../actors/protocol/manifest.js';
import type { Source, SourceReader } from '../operators/source.js';
import { boundPorts } from './operator/bound-ports.js';
import { Mailbox } from './operator/mailbox.js';
import { SourceHead } from './source-head.js';
import { type Culprit, failureOfThrown } from './task-failure.js';
import type { TaskletSetting } from './tasklet-setting.js';

/** The reader of a task with a source, and what has arrived for it. */
export class OpenSource {
  readonly head: SourceHead;
  readonly culprit: Culprit;
  skippedRecords = 0;
  private readonly mailbox: Mailbox;

  constructor(
    uid: string,
    source: Source,
    private readonly restoredSplits: readonly Split[],
    private readonly setting: TaskletSetting,
    private readonly fail: (failure: Failure) => void,
  ) {
    this.mailbox = new Mailbox(setting.wake);
    this.culprit = { uid, name: source.name };
    this.head = new SourceHead(this.createReader(source), {
      culprit: this.culprit,
      requestSplits: (request) => setting.notify({ type: 'task.splitsRequested', request }),
    });
  }

  /** Reads on from the checkpointed positions. */
  rewind(): void {
    if (this.restoredSplits.length > 0) this.head.assign(this.restoredSplits, false);
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
    try {
      this.head.close();
    } catch (error) {
      threw(String(error));
    }
  }

  abandon(): void {
    this.mailbox.close();
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
