import type { Incarnation, ProcessName } from '../../actors/protocol/ids.js';
import type { CodeStore } from '../graph/code-store.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { DataLinks } from '../ports/bus.js';
import type { ClientOutput } from '../ports/client-output.js';
import type { Clock, Loops } from '../ports/clock.js';
import type { Files } from '../ports/files.js';
import type { KeyValueEngine } from '../ports/key-value-engine.js';
import type { Offload } from '../ports/offload.js';
import type { Notify } from '../ports/task-host.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { TaskOptions } from './task-options.js';

/** What the data plane of a process is made from. */
export interface TaskHostPorts {
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly clock: Clock;
  readonly loops: Loops;
  readonly links: DataLinks;
  readonly blobs: BlobStore;
  readonly files: Files;
  readonly offload: Offload;
  /** For keyed state on disk. */
  readonly stores: KeyValueEngine;
  readonly client: ClientOutput;
  readonly code: CodeStore;
  readonly telemetry: Telemetry;
  readonly notify: Notify;
  /** What is left out has its default. */
  readonly options: Partial<TaskOptions>;
}
