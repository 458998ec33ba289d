import type { CodeStore } from '../../graph/code-store.js';
import type { BlobStore } from '../../ports/blob-store.js';
import type { Bus, DataLinks } from '../../ports/bus.js';
import type { ClientOutput } from '../../ports/client-output.js';
import type { Clock, Entropy, Loops } from '../../ports/clock.js';
import type { Files } from '../../ports/files.js';
import type { Offload } from '../../ports/offload.js';
import type { Telemetry } from '../../ports/telemetry.js';

/** All that a process of a cluster can reach. The three worlds differ in this object and in nothing else. */
export interface ProcessPorts {
  readonly bus: Bus;
  readonly links: DataLinks;
  readonly clock: Clock;
  readonly loops: Loops;
  readonly entropy: Entropy;
  readonly blobs: BlobStore;
  readonly files: Files;
  readonly offload: Offload;
  readonly client: ClientOutput;
  readonly code: CodeStore;
  readonly telemetry: Telemetry;
  /** Told of a throw in a step or an effect, with the process ended already. */
  readonly panic: (error: unknown) => void;
}
