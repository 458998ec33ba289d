import { mapState } from '../state/descriptors.js';
import type { DueTimer } from '../state/timers.js';
import { fires, purges, type Trigger, type TriggerResult } from '../window/trigger.js';
import type { Window, WindowNamespace } from '../window/window.js';
import type { Lifecycle, OperatorContext, RestoredOperatorState, Settle } from './operator.js';
import { CollectedContents, EvictedContents, FoldedContents, type WindowContents } from './window-contents.js';
import type { WindowSetting } from './window-setting.js';
import { Triggering } from './window-triggering.js';
import { WindowValues } from './window-values.js';
import { Windowing } from './windowing.js';

/**
 * Puts records into the windows of their key, and puts out what a window holds when its trigger says so. A window that is over, in event time after the
 * allowed lateness, is forgotten with all that belongs to it.
 */
export class WindowOperator<T, W extends Window, Out> extends Windowing<T, W, Out> {
  protected readonly holding: string;
  protected readonly trigger: Trigger<T, W>;
  protected contents!: WindowContents<T, W>;
  protected triggering!: Triggering;
  protected triggerValues!: WindowValues;

  constructor(setting: WindowSetting<T, W, Out>) {
    super(setting);
    this.trigger = setting.trigger ?? setting.assigner.defaultTrigger;
    const { evictor, computation } = setting;
    if (evictor !== null) this.holding = 'all records, for an evictor';
    else this.holding = computation.fold === null ? 'all records' : 'folded';
  }

  override open(context: OperatorContext<Out>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    const opened = super.open(context, restored, settle);
    const { evictor, computation } = this.setting;
    const { keyed } = this;
    const takesBack = context.attempt !== undefined;
    if (evictor !== null) {
      const evicting = { evictor, fold: computation.fold, times: this };
      this.contents = new EvictedContents(keyed.map(mapState('window/contents')), takesBack, evicting);
    } else if (computation.fold !== null) {
      this.contents = new FoldedContents(keyed.map(mapState('window/contents')), computation.fold);
    } else this.contents = new CollectedContents(keyed.map(mapState('window/contents')), takesBack);
    this.triggerValues = new WindowValues(keyed.map(mapState('window/trigger')));
    const cleansUpIn = this.isEventTime ? 'eventTime' : 'processingTime';
    this.triggering = new Triggering(this, this.timers, this.triggerValues, cleansUpIn);
    return opened;
  }

  process(value: T, timestamp: number): void {
    const { assigner } = this.setting;
    let taken = false;
    for (const window of assigner.assign(value, this.timeOf(timestamp))) {
      if (this.isLate(window)) continue;
      taken = true;
      const namespace = assigner.namespaceOf(window);
      const isFirst = this.contents.add(namespace, value, timestamp);
      this.triggering.at(namespace, this.cleanupTime(window));
      this.follow(this.trigger.onElement(value, timestamp, window, this.triggering), window, namespace, namespace);
      if (isFirst) this.setCleanup(window, namespace);
    }
    if (!taken) this.skipped(value, timestamp);
  }

  /** Where the contents of a window are; undefined when there is no such window. */
  protected homeOf(namespace: WindowNamespace): WindowNamespace | undefined {
    return namespace;
  }

  protected onTimer({ time, namespace }: DueTimer<WindowNamespace>, isEventTime: boolean): void {
    const home = this.homeOf(namespace);
    if (home === undefined) return;
    const window = this.setting.assigner.windowOf(namespace);
    const cleanupTime = this.cleanupTime(window);
    this.triggering.at(namespace, cleanupTime);
    let result: TriggerResult = 'continue';
    this.attempt(time, () => {
      result = isEventTime
        ? this.trigger.onEventTime(time, window, this.triggering)
        : this.trigger.onProcessingTime(time, window, this.triggering);
    });
    // One by one: when a result fails the trigger has been heard all the same, and the window goes when it is over.
    if (fires(result)) this.attempt(time, () => this.fire(window, namespace, home));
    if (purges(result)) this.contents.clear(home);
    if (time === cleanupTime && isEventTime === this.isEventTime) this.over(window, namespace, home, time);
  }

  protected follow(result: TriggerResult, window: W, namespace: WindowNamespace, home: WindowNamespace): void {
    if (result === 'continue') return;
    if (fires(result)) this.fire(window, namespace, home);
    if (purges(result)) this.contents.clear(home);
  }

  protected over(window: W, namespace: WindowNamespace, home: WindowNamespace, time: number): void {
    this.contents.clear(home);
    this.attempt(time, () => this.trigger.clear(window, this.triggering.at(namespace, Number.POSITIVE_INFINITY)));
    this.triggerValues.clear(namespace);
    this.attempt(time, () => this.results.over(window, namespace));
    this.results.forget(namespace);
  }

  protected fire(window: W, namespace: WindowNamespace, home: WindowNamespace): void {
    this.results.at(window, namespace);
    this.contents.fire(home, window, this.results.put);
  }
}
