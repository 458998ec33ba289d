import type { DueTimer } from '../state/timers.js';
import { type Joined, type Session, withJoined } from '../window/session-set.js';
import { maxTimestampOf, type TimeWindow, timeWindow, type WindowNamespace } from '../window/window.js';
import { MergingWindowOperator } from './window-operator-merging.js';

/**
 * As MergingWindowOperator, for windows that put out their result at their end, as they do without a trigger of the job's own. Nearly every record
 * moves the end of a session, and moving a timer each time costs more than all else. So each session has a timer at its end or before: one that
 * comes before its end is set again for the end. It is named by the home of the contents, which stays where it is while the session grows;
 * those of homes that other sessions have taken in find no session, and are gone.
 */
export class SessionOperator<T, Out> extends MergingWindowOperator<T, Out> {
  protected override add(value: T, timestamp: number, all: readonly Session[], joined: Joined): void {
    const { session, merged, isNew } = joined;
    const [, end, home] = session;
    if (isNew || merged.length > 0) this.keep(all, joined);
    this.contents.add(home, value, timestamp);
    const maxTimestamp = maxTimestampOf(end);
    if (!this.isEventTime) {
      if (isNew) this.setTimer(maxTimestamp, home);
      return;
    }
    const watermark = this.currentWatermark();
    const isPast = maxTimestamp <= watermark;
    if (isPast) this.putOut(session);
    // The first of those that have become one has the home. If its end was yet to come, so is its timer.
    const [before] = merged;
    if (isNew) this.setTimer(isPast ? this.cleanupTime(windowOf(session)) : maxTimestamp, home);
    else if (!isPast && before !== undefined && maxTimestampOf(before[1]) <= watermark) {
      this.setTimer(maxTimestamp, home);
    }
  }

  protected override onTimer({ time, namespace }: DueTimer<WindowNamespace>, isEventTime: boolean): void {
    const session = this.sessionOf(namespace);
    if (session === undefined || isEventTime !== this.isEventTime) return;
    const home = session[2];
    const window = windowOf(session);
    const { maxTimestamp } = window;
    const cleanupTime = this.cleanupTime(window);
    const due = time <= maxTimestamp ? maxTimestamp : cleanupTime;
    if (time < due || typeof namespace !== 'number') {
      this.setTimer(due, home);
      return;
    }
    if (time === maxTimestamp) this.attempt(time, () => this.putOut(session));
    if (time >= cleanupTime) this.over(window, this.setting.assigner.namespaceOf(window), home, time);
    else this.setTimer(cleanupTime, home);
  }

  private putOut(session: Session): void {
    const window = windowOf(session);
    this.fire(window, this.setting.assigner.namespaceOf(window), session[2]);
  }

  /** What a trigger of the job's own may have left, before the job lost it, goes with the bounds by which it is named. */
  private keep(all: readonly Session[], joined: Joined): void {
    const { session, merged } = joined;
    if (merged.length > 1) this.moveContents(session[2], merged);
    this.sessions.update(withJoined(all, joined));
    if (this.triggerValues.isEmpty) return;
    for (const each of merged) this.triggerValues.clear(this.setting.assigner.namespaceOf(windowOf(each)));
  }

  private setTimer(time: number, home: number): void {
    if (time === Number.POSITIVE_INFINITY) return;
    if (this.isEventTime) this.timers.eventTime.set(time, home);
    else this.timers.setProcessingTime(time, home);
  }
}

const windowOf = ([start, end]: Session): TimeWindow => timeWindow(start, end);
