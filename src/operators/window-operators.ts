import { SlidingWindows } from '../window/sliding-windows.js';
import type { TimeWindow, Window } from '../window/window.js';
import type { Operator } from './operator.js';
import { WindowOperator } from './window-operator.js';
import { MergingWindowOperator } from './window-operator-merging.js';
import { PaneWindowOperator } from './window-operator-panes.js';
import { SessionOperator } from './window-operator-sessions.js';
import type { WindowSetting } from './window-setting.js';

/** The operator for one subtask of a windowed stream: by panes, or with timers that lag behind, where that gives the same results. */
export function windowOperator<T, W extends Window, Out>(setting: WindowSetting<T, W, Out>): Operator<T, Out> {
  const { assigner, trigger, evictor } = setting;
  const { fold } = setting.computation;
  const isDefault = trigger === null || trigger === assigner.defaultTrigger;
  if (assigner.merges) {
    const merging = setting as unknown as WindowSetting<T, TimeWindow, Out>;
    return isDefault ? new SessionOperator(merging) : new MergingWindowOperator(merging);
  }
  const overlap = assigner instanceof SlidingWindows && assigner.sizes.slideMs < assigner.sizes.sizeMs;
  const merge = fold?.merge;
  if (!overlap || !isDefault || evictor !== null || fold === null || merge == null) return new WindowOperator(setting);
  const { computation, allowedLatenessMs, late } = setting as unknown as WindowSetting<T, TimeWindow, Out>;
  return new PaneWindowOperator(
    { assigner, trigger: null, evictor: null, computation, allowedLatenessMs, late },
    fold,
    merge,
  );
}
