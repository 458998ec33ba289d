import type { DataLinks } from '../../ports/bus.js';
import type { LinksConfig } from './slot-configuration.js';

/** The connection of one thread to slots of other processes. */
export interface RemoteLinks extends DataLinks {
  /** Ends the connection; what is on its way is lost. */
  close(): void;
}

/**
 * Opens, in the thread of a slot, its own connection to other processes; null when the configuration knows of none. Nothing is
 * loaded before it is open; a rejection ends the thread, and so fails the load.
 */
export async function openRemoteLinks(config: LinksConfig): Promise<RemoteLinks | null> {
  switch (config.kind) {
    case 'none':
      return null;
  }
}
