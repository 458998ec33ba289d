import type { Incarnation, JobRun, ProcessName } from '../../../actors/protocol/ids.js';
import type { TaskOptions } from '../../task/task-options.js';
import type { NatsAccess } from '../../transport/nats/access.js';
import type { Bundle } from '../code/bundle.js';

/** Where the thread of a slot keeps checkpoints: in a folder by itself, or through the main thread in whatever store that one has. */
export type StoreConfig = { readonly kind: 'file'; readonly folder: string } | { readonly kind: 'port' };

/** How frames leave for slots of other processes; `none` where there are no others. Each thread opens a connection of its own. */
export type LinksConfig =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'nats';
      readonly servers: readonly string[];
      readonly cluster: string;
      readonly access: NatsAccess;
      /** How long a thread waits for its connection before the load of its slot fails. */
      readonly deadlineMs: number;
    };

/** Where the thread of a slot keeps state on disk. */
export interface StateConfig {
  /** Each store is a folder in it. */
  readonly folder: string;
}

/** What the thread of a slot is started with: plain data that lasts for one job run. */
export interface SlotConfiguration {
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly slot: number;
  readonly run: JobRun;
  readonly options: Partial<TaskOptions>;
  readonly bundle: Bundle;
  /** URL of the built module that exports `engineModules`: what the job gets when it imports `weirflow`. */
  readonly engine: string;
  readonly store: StoreConfig;
  readonly state: StateConfig;
  readonly links: LinksConfig;
  /** Whether what the job writes to its console is told to the main thread; otherwise it is written as in any program. */
  readonly tellsConsole: boolean;
  /** How much client output the main thread has taken; see OutputWindow. */
  readonly outputTaken: SharedArrayBuffer;
}
