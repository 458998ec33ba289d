import { valueState } from '../state/descriptors.js';
import type { ValueState } from '../state/keyed-state.js';
import { StateFailure } from '../state/state-failure.js';
import type { DueTimer } from '../state/timers.js';
import { type Joined, join, type Session, withJoined } from '../window/session-set.js';
import { type TimeWindow, timeWindow, type WindowNamespace } from '../window/window.js';
import type { Lifecycle, OperatorContext, RestoredOperatorState, Settle } from './operator.js';
import { WindowOperator } from './window-operator.js';

/**
 * As WindowOperator, for windows that become one when they touch. The contents of such a window stay where those of its first part are, and only
 * what the others hold is moved there.
 */
export class MergingWindowOperator<T, Out> extends WindowOperator<T, TimeWindow, Out> {
  protected sessions!: ValueState<readonly Session[]>;

  override open(context: OperatorContext<Out>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    const opened = super.open(context, restored, settle);
    this.sessions = this.keyed.value(valueState<readonly Session[]>('window/sessions'));
    return opened;
  }

  override process(value: T, timestamp: number): void {
    const { assigner } = this.setting;
    let taken = false;
    for (const window of assigner.assign(value, this.timeOf(timestamp))) {
      if (!(window.end > window.start)) this.refuse(window);
      const all = this.sessions.value() ?? [];
      // What is late alone may be part of a window that is not over yet: it is joined before it is judged.
      const joined = join(all, window);
      if (joined.isNew && this.isLate(window)) continue;
      taken = true;
      this.add(value, timestamp, all, joined);
    }
    if (!taken) this.skipped(value, timestamp);
  }

  protected add(value: T, timestamp: number, all: readonly Session[], joined: Joined): void {
    const [start, end, home] = joined.session;
    const window = timeWindow(start, end);
    const namespace = this.setting.assigner.namespaceOf(window);
    const isChanged = joined.isNew || joined.merged.length > 0;
    if (isChanged) this.sessions.update(withJoined(all, joined));
    if (joined.merged.length > 0) this.merge(window, namespace, joined);
    this.contents.add(home, value, timestamp);
    this.triggering.at(namespace, this.cleanupTime(window));
    this.follow(this.trigger.onElement(value, timestamp, window, this.triggering), window, namespace, home);
    if (isChanged) this.setCleanup(window, namespace);
  }

  private merge(window: TimeWindow, namespace: WindowNamespace, { merged, session: [, , home] }: Joined): void {
    const parts = merged.map(([start, end]) => timeWindow(start, end));
    const namespaces = parts.map((part) => this.setting.assigner.namespaceOf(part));
    const merging = this.triggering.merging(namespace, this.cleanupTime(window), namespaces);
    this.trigger.onMerge?.(window, merging);
    for (const [index, part] of parts.entries()) {
      const of = namespaces[index] as WindowNamespace;
      this.trigger.clear(part, this.triggering.at(of, Number.POSITIVE_INFINITY));
      this.triggerValues.clear(of);
      this.removeCleanup(part, of);
    }
    this.moveContents(home, merged);
  }

  protected moveContents(home: number, merged: readonly Session[]): void {
    const others = merged.map(([, , each]) => each).filter((each) => each !== home);
    if (others.length > 0) this.contents.merge(home, others);
  }

  private removeCleanup(window: TimeWindow, namespace: WindowNamespace): void {
    const queue = this.isEventTime ? this.timers.eventTime : this.timers.processingTime;
    queue.remove(this.cleanupTime(window), namespace);
  }

  protected override onTimer(timer: DueTimer<WindowNamespace>, isEventTime: boolean): void {
    const { time, namespace } = timer;
    if (this.homeOf(namespace) !== undefined) super.onTimer(timer, isEventTime);
    else if (isEventTime === this.isEventTime) this.setAnew(time, namespace);
  }

  /**
   * A timer that SessionOperator left behind the end of its session, before the job got a trigger of its own: those that the session
   * would have here take its place.
   */
  private setAnew(time: number, namespace: WindowNamespace): void {
    const session = this.sessionOf(namespace);
    if (session === undefined) return;
    const window = timeWindow(session[0], session[1]);
    const own = this.setting.assigner.namespaceOf(window);
    this.triggering.at(own, this.cleanupTime(window));
    this.setCleanup(window, own);
    if (time > window.maxTimestamp) return;
    if (this.isEventTime) this.triggering.setEventTime(window.maxTimestamp);
    else this.triggering.setProcessingTime(window.maxTimestamp);
  }

  /** Timers are named by the bounds that a session had then, or by its home; see SessionOperator. */
  protected sessionOf(namespace: WindowNamespace): Session | undefined {
    const all = this.sessions.value();
    if (typeof namespace === 'number') return all?.find(([, , home]) => home === namespace);
    const [start, end] = namespace;
    return all?.find(([from, to]) => from <= start && end <= to);
  }

  protected override homeOf(namespace: WindowNamespace): WindowNamespace | undefined {
    if (typeof namespace === 'number') return undefined;
    const [start, end] = namespace;
    return this.sessions.value()?.find(([from, to]) => from === start && to === end)?.[2];
  }

  protected override over(window: TimeWindow, namespace: WindowNamespace, home: WindowNamespace, time: number): void {
    super.over(window, namespace, home, time);
    const others = (this.sessions.value() ?? []).filter(([start]) => start !== window.start);
    if (others.length === 0) this.sessions.clear();
    else this.sessions.update(others);
  }

  private refuse({ start, end }: TimeWindow): never {
    const message = `operator '${this.context.uid}' got a gap of ${end - start} ms for a session; a gap is a number above 0`;
    throw new StateFailure('SESSION_GAP_INVALID', 'user', message);
  }
}
