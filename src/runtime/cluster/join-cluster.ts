import { defaultClusterOptions } from '../../../actors/protocol/deployment.js';
import type { ProcessName } from '../../../actors/protocol/ids.js';
import { NatsBus } from '../../transport/nats/nats-bus.js';
import type { NatsLink } from '../../transport/nats/nats-link.js';
import { nodeClock } from '../world/clock.js';
import { nodeEntropy } from '../world/entropy.js';
import { type ClusterAddress, connectTo } from './cluster-address.js';
import { ClusterCode } from './cluster-code.js';
import { type ClusterStore, openClusterCode, openClusterStore, type StoreChoice } from './cluster-stores.js';
import { LinkWatch } from './link-watch.js';
import { anybodyThere, refuseNamesake } from './namesake.js';
import { identityOf } from './store-identity.js';
import { agreeOnStore } from './store-of-cluster.js';

export interface Membership {
  readonly bus: NatsBus;
  readonly store: ClusterStore;
  readonly code: ClusterCode;
  readonly watch: LinkWatch;
  /** Carries what must not delay control. */
  readonly storage: NatsLink;
  /** To be closed at the end of the process. */
  readonly links: readonly NatsLink[];
}

/**
 * Gives a process its place in a cluster: a connection for control and one for storage, which must not delay it, and what is stored.
 * Rejects with an EngineError, and leaves no connection open, when NATS, the store or the name cannot be had, or when the cluster has
 * another store.
 */
export async function joinCluster(
  address: ClusterAddress,
  process: ProcessName,
  choice: StoreChoice,
  say: (line: string) => void,
): Promise<Membership> {
  const watch = new LinkWatch(say, nodeClock);
  const links: NatsLink[] = [];
  try {
    const control = await connectTo(address, process, 'control', watch.control);
    links.push(control);
    const storage = await connectTo(address, process, 'store', watch.other);
    links.push(storage);
    const bus = new NatsBus(control);
    await refuseNamesake(bus, nodeClock, nodeEntropy, process);
    const store = await openClusterStore(choice, storage);
    const id = await identityOf(store.blobs, nodeClock, nodeEntropy, defaultClusterOptions.storeTimeoutMs);
    await agreeOnStore({
      link: storage,
      clock: nodeClock,
      own: { id, place: store.place },
      anybody: () => anybodyThere(bus, nodeClock, nodeEntropy),
      say,
    });
    const copies = choice.kind === 'folder' ? store.blobs : null;
    const code = new ClusterCode(await openClusterCode(storage), copies);
    return { bus, store, code, watch, storage, links };
  } catch (error) {
    await Promise.all(links.map((link) => link.close()));
    throw error;
  }
}
