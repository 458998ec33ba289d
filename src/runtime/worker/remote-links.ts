import type { Failure } from '../../../actors/protocol/failure.js';
import { EngineError } from '../../api/engine-error.js';
import type { DataLinks } from '../../ports/bus.js';
import { connectNats } from '../../transport/nats/connect.js';
import { NatsDataLinks } from '../../transport/nats/nats-data-links.js';
import { nodeClock } from '../world/clock.js';
import type { LinksConfig, SlotConfiguration } from './slot-configuration.js';

/** The connection of one thread to slots of other processes. */
export interface RemoteLinks extends DataLinks {
  /** Ends the connection; what is on its way is lost. */
  close(): void;
}

/**
 * Opens, in the thread of a slot, its own connection to other processes; null when the configuration knows of none. Nothing is
 * loaded before it is open; a rejection ends the thread, and so fails the load. `trouble` is told what a person has to mend.
 */
export async function openRemoteLinks(
  configuration: Pick<SlotConfiguration, 'process' | 'slot' | 'links'>,
  trouble: (trouble: Failure) => void,
): Promise<RemoteLinks | null> {
  const { links } = configuration;
  switch (links.kind) {
    case 'none':
      return null;
    case 'nats':
      return openNatsLinks(configuration, links, trouble);
  }
}

async function openNatsLinks(
  { process, slot }: Pick<SlotConfiguration, 'process' | 'slot'>,
  { servers, cluster, access, deadlineMs }: Extract<LinksConfig, { kind: 'nats' }>,
  trouble: (trouble: Failure) => void,
): Promise<RemoteLinks> {
  const connected = await connectNats({
    servers,
    cluster,
    access,
    process,
    purpose: `data-${slot}`,
    clock: nodeClock,
    deadlineMs,
    onTrouble: trouble,
  });
  if (!connected.ok) throw new EngineError(connected.failure);
  const { link } = connected;
  const data = new NatsDataLinks(link);
  return {
    send: (from, to, frame) => data.send(from, to, frame),
    listen: (to, receive) => data.listen(to, receive),
    // That it is closed in any case is all that matters to a thread that ends.
    close: () => void link.close(),
  };
}
