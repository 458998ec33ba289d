import type { WindowAssigner } from './assigner.js';
import { neverTrigger } from './triggers/never-trigger.js';
import { type GlobalWindow, globalWindow, type WindowNamespace } from './window.js';

const only: readonly [GlobalWindow] = [globalWindow];

/** One window for all records of a key. It puts out nothing unless a trigger says when. */
export class GlobalWindows implements WindowAssigner<unknown, GlobalWindow> {
  readonly time = 'none';
  readonly merges = false;
  readonly description = 'global windows';
  readonly defaultTrigger = neverTrigger;

  assign(): readonly [GlobalWindow] {
    return only;
  }

  namespaceOf(): WindowNamespace {
    return 0;
  }

  windowOf(): GlobalWindow {
    return globalWindow;
  }
}
