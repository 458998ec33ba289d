import type { ProcessName } from '../../../actors/protocol/ids.js';
import { EngineError } from '../../api/engine-error.js';
import type { NatsAccess } from '../../transport/nats/access.js';
import { connectNats, type NatsOptions } from '../../transport/nats/connect.js';
import type { NatsLink } from '../../transport/nats/nats-link.js';
import { nodeClock } from '../world/clock.js';

/** Where a cluster is: several may share the servers, and are kept apart by their names. */
export interface ClusterAddress {
  readonly servers: readonly string[];
  readonly cluster: string;
  /** Absent: no login, and TLS as the servers want it. */
  readonly access?: NatsAccess;
  /** How long to wait for the servers. */
  readonly waitMs: number;
}

/** The only job manager of a cluster, as its task managers and clients address it. */
export const jobManagerName: ProcessName = 'jm';

type Events = Pick<NatsOptions, 'onConnection' | 'onTrouble' | 'onWaiting'>;

/** Connects one process for one purpose. Rejects with an EngineError, of `connectNats`. */
export async function connectTo(
  { servers, cluster, access, waitMs }: ClusterAddress,
  process: ProcessName,
  purpose: string,
  events: Events,
): Promise<NatsLink> {
  const connected = await connectNats({
    servers,
    cluster,
    ...(access === undefined ? {} : { access }),
    process,
    purpose,
    clock: nodeClock,
    deadlineMs: waitMs,
    ...events,
  });
  if (!connected.ok) throw new EngineError(connected.failure);
  return connected.link;
}
