import { JetStreamApiError, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { failure } from '../../../actors/protocol/failure.js';
import type { ProcessName } from '../../../actors/protocol/ids.js';
import { EngineError, thrownText } from '../../api/engine-error.js';
import type { Clock } from '../../ports/clock.js';
import { isConflict } from '../../storage/nats-object-store/outcomes.js';
import { Requests } from '../../storage/nats-object-store/requests.js';
import type { NatsLink } from '../../transport/nats/nats-link.js';

/** A store by its identity, and where it is, for people. */
export interface StoreOfCluster {
  readonly id: string;
  readonly place: string;
}

export interface StoreQuestion {
  /** One that carries no heartbeats. */
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly own: StoreOfCluster;
  /** The name of some process that runs in the cluster, or null when nobody answers. */
  readonly anybody: () => Promise<ProcessName | null>;
  readonly say: (line: string) => void;
}

const key = 'store';
const timeoutMs = 5_000;
const openTimeoutMs = 10_000;
const bucketGoneCode = 10059;
const bucketOf = (cluster: string): string => `weir-cluster-${cluster}`;

/**
 * Settles when this process keeps jobs where its cluster does, which is written down in NATS. Rejects with an EngineError,
 * STORE_MISMATCH, when the cluster has another store and one of its processes answers; when nobody does, the cluster is over and a new
 * one begins here. Has to be asked before anything is said with an epoch: those of two stores cannot be compared, so that a task manager
 * that has heard the higher one would refuse its own leader for ever.
 */
export async function agreeOnStore(question: StoreQuestion): Promise<void> {
  const { link, clock, own, anybody, say } = question;
  const { cluster } = link;
  const requests = new Requests(clock, timeoutMs);
  const kv = await open(link, requests);
  for (;;) {
    const entry = await requests.make(() => kv.get(key));
    const known = entry?.operation === 'PUT' ? entry.json<StoreOfCluster>() : null;
    if (known?.id === own.id) return;
    if (known !== null) {
      const process = await anybody();
      if (process !== null) throw mismatch(cluster, known, own, process);
      say(`nobody answers in cluster '${cluster}', which kept its jobs in ${known.place}; it begins anew`);
    }
    if (await written(requests, kv, own, entry?.revision ?? 0)) return;
  }
}

/** Where the cluster keeps jobs, as its processes have written it down; null when none has, since its NATS was begun. Changes nothing. */
export async function storeOfCluster({ connection, cluster }: NatsLink, clock: Clock): Promise<StoreOfCluster | null> {
  const requests = new Requests(clock, timeoutMs);
  try {
    const kv = await requests.make(() => new Kvm(jetstream(connection)).open(bucketOf(cluster)));
    const entry = await requests.make(() => kv.get(key));
    return entry?.operation === 'PUT' ? entry.json<StoreOfCluster>() : null;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === bucketGoneCode) return null;
    throw error;
  }
}

async function open({ connection, cluster }: NatsLink, requests: Requests): Promise<KV> {
  try {
    return await requests.make(async () => {
      const manager = await jetstreamManager(connection, { timeout: timeoutMs });
      // Not from the nearest replica, which may not know yet what another process has written.
      return new Kvm(manager.jetstream()).create(bucketOf(cluster), {
        description: 'Weirflow: what the processes of a cluster must agree on',
        history: 1,
        allow_direct: false,
      });
    }, openTimeoutMs);
  } catch (error) {
    const message =
      `NATS cannot keep what the processes of cluster '${cluster}' must agree on: ${thrownText(error)}. ` +
      'Start nats-server with JetStream (nats-server -js).';
    throw new EngineError(failure('STORE_UNSUITABLE', 'infrastructure', message, 'never'));
  }
}

/** False when another process has written meanwhile. */
async function written(requests: Requests, kv: KV, own: StoreOfCluster, revision: number): Promise<boolean> {
  try {
    await requests.make(() => kv.put(key, JSON.stringify(own), { previousSeq: revision }));
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

function mismatch(cluster: string, known: StoreOfCluster, own: StoreOfCluster, process: ProcessName): EngineError {
  const where =
    known.place === own.place
      ? `in ${known.place}, and what this process finds there is another one. All machines of a cluster must share it.`
      : `in ${known.place}, and this process was started with ${own.place}.`;
  const message =
    `Cluster '${cluster}' keeps its jobs and checkpoints ${where} ` +
    `Start it with the store of its cluster, or in another one with --cluster. (Process ${process} of the cluster answered.)`;
  return new EngineError(failure('STORE_MISMATCH', 'user', message, 'never'));
}
