import type { WindowAssigner } from '../window/assigner.js';
import type { Evictor } from '../window/evictor.js';
import type { Trigger } from '../window/trigger.js';
import type { Window } from '../window/window.js';
import type { WindowComputation } from './window-functions.js';

/** How a stream is cut into windows, and what is made of them. */
export interface WindowSetting<T, W extends Window, Out> {
  readonly assigner: WindowAssigner<T, W>;
  /** Null: the assigner's own. */
  readonly trigger: Trigger<T, W> | null;
  readonly evictor: Evictor<T, W> | null;
  /** How long after its end a window in event time still takes records. */
  readonly allowedLatenessMs: number;
  readonly computation: WindowComputation<T, W, Out>;
  /** The side output of records that are too late for each of their windows; null: they are dropped and counted. */
  readonly late: { readonly name: string } | null;
}
