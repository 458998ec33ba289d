import { createHash } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Failure } from '../../../actors/protocol/failure.js';
import { failure } from '../../../actors/protocol/failure.js';
import type { JobRecord } from '../../../actors/protocol/job-graph.js';
import { thrownText } from '../../api/engine-error.js';
import type { Clock } from '../../ports/clock.js';
import { ObjectDamaged, Objects } from '../../storage/nats-object-store/objects.js';
import { outcomeOf } from '../../storage/nats-object-store/outcomes.js';
import { Requests } from '../../storage/nats-object-store/requests.js';
import type { BundleResult, BundleStore } from '../worker/bundle-store.js';
import type { Bundle } from './bundle.js';

export interface NatsCodeOptions {
  /** One that carries no heartbeats: a bundle of some MiB delays whatever shares it. */
  readonly connection: NatsConnection;
  readonly cluster: string;
  readonly clock: Clock;
  /** For one request, by default 5 s. */
  readonly timeoutMs?: number;
  /** How long to wait for JetStream, by default 10 s. */
  readonly openTimeoutMs?: number;
}

export type OpenedCodeStore =
  | { readonly ok: true; readonly store: NatsCodeStore }
  | { readonly ok: false; readonly failure: Failure };

/** Opens the code of a cluster, and makes its bucket when it is not there; fails with STORE_UNSUITABLE when there is no JetStream. */
export async function openNatsCodeStore(options: NatsCodeOptions): Promise<OpenedCodeStore> {
  const { connection, cluster, clock, timeoutMs = 5_000, openTimeoutMs = 10_000 } = options;
  const requests = new Requests(clock, timeoutMs);
  try {
    const objects = await requests.insist(async () => {
      const manager = await jetstreamManager(connection, { timeout: timeoutMs });
      return Objects.open(manager, `weir-code-${cluster}`, 'Weirflow: code of jobs by its SHA-256', requests);
    }, openTimeoutMs);
    return { ok: true, store: new NatsCodeStore(objects) };
  } catch (error) {
    const message =
      `NATS cannot store the code of cluster '${cluster}': ${thrownText(error)}. ` +
      'Start nats-server with JetStream (nats-server -js).';
    return { ok: false, failure: failure('STORE_UNSUITABLE', 'infrastructure', message, 'never') };
  }
}

/**
 * Bundles of jobs in an Object Store of NATS, each under the SHA-256 of its code, and so stored once and never changed. Whoever loads
 * one computes the checksum again. With it goes the path of the job's file where it was bundled, for stacks that name its lines.
 */
export class NatsCodeStore implements BundleStore {
  constructor(private readonly objects: Objects) {}

  /** Null when the bundle is there, durably; storing it again does no harm. Else CODE_NOT_STORED. */
  async store({ key, code, sourcePath }: Bundle): Promise<Failure | null> {
    try {
      if (!(await this.objects.has(key))) await this.objects.create(key, Buffer.from(code), { sourcePath });
      return null;
    } catch (error) {
      return trouble('CODE_NOT_STORED', `The code ${short(key)} of the job could not be stored in NATS`, error);
    }
  }

  /** Fails with CODE_MISSING, CODE_DAMAGED, or with CODE_UNREACHABLE when NATS does not answer. */
  load({ job, code: key }: Pick<JobRecord, 'job' | 'code'>, done: (result: BundleResult) => void): void {
    this.read(job, key).then(done, (error: unknown) => done({ ok: false, failure: unreadable(job, key, error) }));
  }

  private async read(job: string, key: string): Promise<BundleResult> {
    const object = await this.objects.read(key);
    if (object === null) {
      const message = `The code ${short(key)} of job '${job}' is not in NATS. Submit the job again.`;
      return { ok: false, failure: failure('CODE_MISSING', 'infrastructure', message, 'never') };
    }
    const found = createHash('sha256').update(object.bytes).digest('hex');
    if (found !== key) throw new ObjectDamaged(`its checksum is ${short(found)}`);
    const code = Buffer.from(object.bytes.buffer).toString();
    return { ok: true, bundle: { code, key, sourcePath: object.metadata.sourcePath ?? 'job.ts' } };
  }
}

const short = (key: string): string => key.slice(0, 12);

function unreadable(job: string, key: string, error: unknown): Failure {
  const what = `The code ${short(key)} of job '${job}'`;
  if (!(error instanceof ObjectDamaged))
    return trouble('CODE_UNREACHABLE', `${what} could not be read from NATS`, error);
  const message = `${what} is damaged in NATS: ${error.message}. Remove it (nats object del) and submit the job again.`;
  return failure('CODE_DAMAGED', 'infrastructure', message, 'never');
}

function trouble(code: string, what: string, error: unknown): Failure {
  const outcome = outcomeOf(error, 'NATS');
  const why = outcome.outcome === 'unknown' ? 'NATS did not answer in time.' : outcome.failure.message;
  return failure(code, 'infrastructure', `${what}: ${why}`);
}
