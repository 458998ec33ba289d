import type { Window } from '../window/window.js';
import type { Operator } from './operator.js';
import { WindowOperator } from './window-operator.js';
import type { WindowSetting } from './window-setting.js';

/** The operator for one subtask of a windowed stream. */
export function windowOperator<T, W extends Window, Out>(setting: WindowSetting<T, W, Out>): Operator<T, Out> {
  return new WindowOperator(setting);
}
