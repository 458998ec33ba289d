import { mapState } from '../state/descriptors.js';
import type { MapState } from '../state/keyed-state.js';
import { plainCopy } from '../state/plain-data.js';
import type { DueTimer } from '../state/timers.js';
import { Panes } from '../window/panes.js';
import type { SlidingWindows } from '../window/sliding-windows.js';
import type { TimeWindow, WindowNamespace } from '../window/window.js';
import type { Lifecycle, OperatorContext, RestoredOperatorState, Settle } from './operator.js';
import type { Fold } from './window-functions.js';
import type { WindowSetting } from './window-setting.js';
import { Windowing } from './windowing.js';

/** What this operator needs: windows that slide, a fold that can combine partial values, and nothing that looks at single windows before they fire. */
export interface PaneSetting<T, Out> extends WindowSetting<T, TimeWindow, Out> {
  readonly assigner: SlidingWindows;
  readonly trigger: null;
  readonly evictor: null;
}

/**
 * Sliding windows at a cost for each record that does not grow with their number: a record is folded into its pane, and a window that fires combines
 * its panes. Only the next window of a key has a timer; it sets that of the one after it. Results are those of WindowOperator with the default trigger.
 */
export class PaneWindowOperator<T, Out> extends Windowing<T, TimeWindow, Out> {
  protected readonly holding = 'folded by panes';
  private readonly panes: Panes;
  private readonly fold: Fold<T, unknown, unknown>;
  private readonly merge: (a: unknown, b: unknown) => unknown;
  private values!: MapState<number, unknown>;

  constructor(
    setting: PaneSetting<T, Out>,
    fold: Fold<T, unknown, unknown>,
    merge: (a: unknown, b: unknown) => unknown,
  ) {
    super(setting);
    this.panes = new Panes(setting.assigner.sizes);
    this.fold = fold;
    this.merge = merge;
  }

  override open(context: OperatorContext<Out>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    const opened = super.open(context, restored, settle);
    this.values = this.keyed.map(mapState<number, unknown>('window/panes'));
    return opened;
  }

  process(value: T, timestamp: number): void {
    const { panes } = this;
    const time = this.timeOf(timestamp);
    const last = panes.lastWindowOf(time);
    if (this.isLate(this.windowOf(last))) {
      this.skipped(value, timestamp);
      return;
    }
    const pane = panes.paneOf(time);
    const before: unknown = this.values.get(pane);
    this.values.put(pane, before === undefined ? this.fold.first(value) : this.fold.add(before, value));
    if (before === undefined) this.expect(time, last);
    if (this.isEventTime) this.fireAgain(time, last);
  }

  /** Sets the timers of a pane that holds something now. */
  private expect(time: number, last: number): void {
    const first = this.panes.firstWindowOf(time);
    const next = this.isEventTime ? this.panes.firstOpen(first, this.currentWatermark()) : first;
    if (next <= last) this.setFiring(next);
    this.setCleanup(this.windowOf(last), last);
  }

  /** Windows that have fired and still take records fire again with each. */
  private fireAgain(time: number, last: number): void {
    const watermark = this.currentWatermark();
    const { sizeMs, slideMs } = this.panes.sizes;
    for (
      let start = this.panes.firstWindowOf(time);
      start <= last && start + sizeMs - 1 <= watermark;
      start += slideMs
    ) {
      const window = this.windowOf(start);
      if (!this.isLate(window)) this.fire(window, (work) => work());
    }
  }

  protected onTimer({ time, namespace }: DueTimer<WindowNamespace>): void {
    const start = namespace as number;
    const window = this.windowOf(start);
    if (time === window.maxTimestamp) {
      const last = this.fire(window, (work) => this.attempt(time, work));
      // The next window has a timer if a pane of this one is in it too; other panes have set their own.
      const next = start + this.panes.sizes.slideMs;
      if (last >= next) this.setFiring(next);
    }
    if (time === this.cleanupTime(window)) this.over(window, time);
  }

  /** Returns the last pane that holds anything; of before all time when none does. Code of the job runs as `run` lets it: whatever becomes of it, other windows go on. */
  private fire(window: TimeWindow, run: (work: () => void) => void): number {
    const filled: unknown[] = [];
    let last = Number.NEGATIVE_INFINITY;
    for (let pane = window.start; pane < window.end; pane = this.panes.after(pane)) {
      const value: unknown = this.values.get(pane);
      if (value === undefined) continue;
      filled.push(value);
      last = pane;
    }
    if (filled.length === 0) return last;
    this.results.at(window, window.start);
    run(() => this.results.put([this.fold.result(this.merged(filled))]));
    // What the function keeps for this window goes with it, whether it is the last one of a pane or not.
    const { computation, allowedLatenessMs } = this.setting;
    if (computation.process !== null && allowedLatenessMs > 0) this.setCleanup(window, window.start);
    return last;
  }

  /** Into a copy: a pane is part of other windows too, and a merge that adds to the first of what it is given, as Flink's may, would count there what is not its own. */
  private merged(filled: readonly unknown[]): unknown {
    if (filled.length === 1) return filled[0];
    let all = plainCopy(filled[0]);
    for (let at = 1; at < filled.length; at++) all = this.merge(all, filled[at]);
    return all;
  }

  /** Panes of which this window is the last go with it. */
  private over(window: TimeWindow, time: number): void {
    const end = window.start + this.panes.sizes.slideMs;
    for (let pane = window.start; pane < end; pane = this.panes.after(pane)) this.values.remove(pane);
    this.attempt(time, () => this.results.over(window, window.start));
    this.results.forget(window.start);
  }

  private setFiring(start: number): void {
    const { maxTimestamp } = this.windowOf(start);
    if (this.isEventTime) this.timers.eventTime.set(maxTimestamp, start);
    else this.timers.setProcessingTime(maxTimestamp, start);
  }

  private windowOf(start: number): TimeWindow {
    return this.setting.assigner.windowOf(start);
  }
}
