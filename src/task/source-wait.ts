import type { WatermarkReport } from '../../actors/subtask/messages.js';
import type { SourceReader } from '../operators/source.js';
import type { Clock, Timer } from '../ports/clock.js';
import type { SplitWatermarks } from '../time/split-watermarks.js';
import { noTimestamp } from '../time/timestamps.js';
import type { Alignment } from '../time/watermark-generator.js';

export interface SourceWaitSetting {
  readonly alignment: Alignment;
  readonly splits: SplitWatermarks<unknown>;
  readonly clock: Clock;
  /** As generators count time. */
  flowingMs(): number;
  report(report: WatermarkReport): void;
}

/**
 * A reader that waits for the sources of its group: says how far it is, and leaves out the splits that are further than it may go. Until it has
 * heard how far that is, it reads what has no watermark yet, and nothing else. The split that holds back the group is never left out.
 */
export class SourceWait {
  /** Up to this watermark splits are read. */
  private limit = noTimestamp;
  private leftOut: ReadonlySet<string> = new Set();
  private reports = 0;
  private timer: Timer | null = null;

  constructor(
    private readonly reader: SourceReader,
    private readonly setting: SourceWaitSetting,
  ) {}

  /** Records flow: from now on it is said, again and again, how far they are. */
  start(): void {
    const { clock, alignment } = this.setting;
    this.timer = clock.setTimer(alignment.updateIntervalMs, () => this.start());
    this.report(false);
  }

  /** Null: somebody in the group does not know yet where he is. */
  announced(limit: number | null): void {
    this.limit = limit ?? noTimestamp;
    this.update();
  }

  /** A batch has gone through: how far it came is asked at once, and not at the next probe, so that nobody goes further than by one batch. */
  afterBatch(): void {
    const { current } = this.setting.splits;
    current.probe(this.setting.flowingMs());
    if (!current.isPaused && current.reached > this.limit) this.update();
  }

  update(): void {
    const { splits } = this.setting;
    const nowMs = this.setting.flowingMs();
    const leftOut = new Set<string>();
    for (const [id, time] of splits.byId) {
      time.pause(time.reached > this.limit, nowMs);
      if (time.isPaused) leftOut.add(id);
    }
    if (leftOut.size === this.leftOut.size && [...leftOut].every((id) => this.leftOut.has(id))) return;
    this.leftOut = leftOut;
    this.reader.leaveOut?.(leftOut);
  }

  /** It reads nothing more, and is to hold nobody back: said until it is heard. */
  end(): void {
    this.close();
    this.report(true);
  }

  close(): void {
    this.timer?.cancel();
  }

  private report(ended: boolean): void {
    const { isIdle, least } = this.setting.splits;
    this.reports += 1;
    const watermark = least === noTimestamp ? null : least;
    this.setting.report({ number: this.reports, watermark, status: ended ? 'ended' : isIdle ? 'idle' : 'active' });
  }
}
