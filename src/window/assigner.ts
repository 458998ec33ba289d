import type { Trigger } from './trigger.js';
import type { Window, WindowNamespace } from './window.js';

/** `none`: windows know no time, and are never over. */
export type WindowTime = 'event' | 'processing' | 'none';

/** Says which windows a record belongs to. It must be pure. */
export interface WindowAssigner<T, W extends Window> {
  readonly time: WindowTime;
  /** What its namespaces mean, as messages say it: windows that another assigner has named are not its own. */
  readonly description: string;
  /** Windows of a key that touch become one. */
  readonly merges: boolean;
  /** What fires its windows unless another trigger is given. */
  readonly defaultTrigger: Trigger<unknown, Window>;
  /** `time` is the timestamp of the record, or the wall clock. The earliest window comes first. */
  assign(value: T, time: number): readonly W[];
  namespaceOf(window: W): WindowNamespace;
  windowOf(namespace: WindowNamespace): W;
}
