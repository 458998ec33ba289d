import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { type KV, type KvEntry, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Failure } from '../../../actors/kernel/failure.js';
import { failure } from '../../../actors/kernel/failure.js';
import type {
  BlobStore,
  CreateResult,
  DeleteResult,
  Failed,
  ListResult,
  PutResult,
  ReadResult,
  Unknown,
} from '../../ports/blob-store.js';
import type { Clock, Entropy } from '../../ports/clock.js';
import { blobNameFailure } from '../blob-name.js';
import { keyCharactersMax, keyOf, nameOf } from './blob-key.js';
import { Objects } from './objects.js';
import { isConflict, isGone, outcomeOf } from './outcomes.js';
import { Requests } from './requests.js';

export interface NatsBlobStoreOptions {
  /** Best one of its own: large blobs delay whatever shares it. */
  readonly connection: NatsConnection;
  readonly cluster: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** For one request, by default 5 s. */
  readonly timeoutMs?: number;
  /** How long to wait for JetStream, by default 10 s: it may be starting. */
  readonly openTimeoutMs?: number;
}

export type OpenedBlobStore =
  | { readonly ok: true; readonly store: BlobStore }
  | { readonly ok: false; readonly failure: Failure };

/** Larger ones have their bytes in the Object Store. */
const inlineBytesMax = 65_536;
/** How often another writer may come between the look and the write, before the outcome is given up as unknown. */
const attemptsMax = 100;
const bodiesDescription = 'Weirflow: large blobs, named by the KV bucket';
/** The first byte of an entry: its bytes follow, or the name of the object that has them. */
const mark = { inline: 0x3d, body: 0x3e } as const;

/**
 * Opens the blobs of a cluster in NATS, and makes their buckets when they are not there. For development: NATS acknowledges before it
 * has synced to the disk, so the end of a machine may take what was answered. Fails with STORE_UNSUITABLE when there is no JetStream,
 * or a bucket of that name that would lose blobs.
 */
export async function openNatsBlobStore(options: NatsBlobStoreOptions): Promise<OpenedBlobStore> {
  const { connection, cluster, clock, entropy, timeoutMs = 5_000, openTimeoutMs = 10_000 } = options;
  const bucket = `weir-blobs-${cluster}`;
  const requests = new Requests(clock, timeoutMs);
  try {
    const store = await requests.insist(async () => {
      const manager = await jetstreamManager(connection, { timeout: timeoutMs });
      // Not from the nearest replica: what is read decides what is written next.
      const kv = await new Kvm(manager.jetstream()).create(bucket, {
        description: 'Weirflow: small blobs, and the names of large ones',
        history: 1,
        allow_direct: false,
      });
      const { ttl } = await kv.status();
      if (ttl > 0) throw new Error(`blobs in the bucket ${bucket} would be lost after ${ttl} ms`);
      const bodies = await Objects.open(manager, bucket, bodiesDescription, requests);
      return new NatsBlobStore(bucket, kv, manager, requests, bodies, entropy);
    }, openTimeoutMs);
    return { ok: true, store };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message =
      `NATS cannot store the blobs of cluster '${cluster}': ${reason}. ` +
      'Start nats-server with JetStream (nats-server -js), or keep checkpoints in a folder.';
    return { ok: false, failure: failure('STORE_UNSUITABLE', 'infrastructure', message, 'never') };
  }
}

/**
 * A BlobStore in NATS: names and small blobs are entries of a KV bucket, bytes of large ones are objects of an Object Store. Every
 * write states the revision that it replaces, so `create` never replaces, and of two writers one starts again. `unknown` after
 * whatever is not an answer of JetStream: a timeout, a lost connection.
 */
class NatsBlobStore implements BlobStore {
  constructor(
    private readonly bucket: string,
    private readonly kv: KV,
    private readonly manager: JetStreamManager,
    private readonly requests: Requests,
    /** Each under a name of its own that is never used again, so that what a name leads to never changes. */
    private readonly bodies: Objects,
    private readonly entropy: Entropy,
  ) {}

  put(name: string, bytes: Uint8Array, done: (result: PutResult) => void): void {
    this.answer<PutResult>(name, done, async (key) => {
      const entry = await this.entryOf(bytes);
      for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
        const before = await this.look(key);
        if (!(await this.replace(key, before?.revision ?? 0, entry))) continue;
        await this.removeBodyOf(before?.value ?? null);
        return { outcome: 'stored' };
      }
      await this.removeBodyOf(entry);
      return { outcome: 'unknown' };
    });
  }

  create(name: string, bytes: Uint8Array, done: (result: CreateResult) => void): void {
    this.answer<CreateResult>(name, done, async (key) => {
      // Bytes of an Object Store are sent before the name is asked for, so it is looked first whether that can have a point.
      if (bytes.byteLength > inlineBytesMax && isThere(await this.look(key))) return { outcome: 'exists' };
      const entry = await this.entryOf(bytes);
      let revision = 0;
      for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
        if (await this.replace(key, revision, entry)) return { outcome: 'created' };
        const found = await this.look(key);
        if (isThere(found)) {
          await this.removeBodyOf(entry);
          return { outcome: 'exists' };
        }
        revision = found?.revision ?? 0;
      }
      await this.removeBodyOf(entry);
      return { outcome: 'unknown' };
    });
  }

  read(name: string, done: (result: ReadResult) => void): void {
    this.answer<ReadResult>(name, done, async (key) => {
      let lost: number | null = null;
      for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
        const entry = await this.look(key);
        if (entry === null || !isThere(entry)) return { outcome: 'missing' };
        const object = objectIn(entry.value);
        if (object === null) return { outcome: 'read', bytes: entry.value.slice(1) };
        const body = await this.bodies.read(object);
        if (body !== null) return { outcome: 'read', bytes: body.bytes };
        // Replaced or deleted between the two looks; if the name still leads there, the bytes are gone.
        if (lost === entry.revision) return { outcome: 'failed', failure: bytesLost(name, this.bucket) };
        lost = entry.revision;
      }
      return { outcome: 'unknown' };
    });
  }

  list(prefix: string, done: (result: ListResult) => void): void {
    // Only the folder part of a prefix can be asked for; the rest is compared.
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    this.answer<ListResult>(folder === '' ? null : folder.slice(0, -1), done, async (key) => {
      const start = `$KV.${this.bucket}.`;
      const filter = key === '' ? `${start}>` : `${start}${key}.>`;
      const { state } = await this.requests.make(() =>
        this.manager.streams.info(`KV_${this.bucket}`, { subjects_filter: filter }),
      );
      const names = Object.keys(state.subjects ?? {}).map((subject) => nameOf(subject.slice(start.length)));
      return { outcome: 'listed', names: names.filter((name) => name.startsWith(prefix)).sort() };
    });
  }

  delete(name: string, done: (result: DeleteResult) => void): void {
    this.answer<DeleteResult>(name, done, async (key) => {
      for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
        const entry = await this.look(key);
        if (entry === null) return { outcome: 'deleted' };
        if (!(await this.erase(entry.revision))) continue;
        await this.removeBodyOf(entry.value);
        return { outcome: 'deleted' };
      }
      return { outcome: 'unknown' };
    });
  }

  /** The entry under the key; a bucket that a person edited may also hold the mark of a deleted one. */
  private look(key: string): Promise<KvEntry | null> {
    return this.requests.make(() => this.kv.get(key));
  }

  /** False when the entry is not at that revision, of which 0 means that there is none. */
  private async replace(key: string, revision: number, entry: Uint8Array): Promise<boolean> {
    const { timeoutMs: timeout } = this.requests;
    try {
      await this.requests.make(() => this.kv.put(key, entry, { previousSeq: revision, timeout }));
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  }

  /** Takes the entry out of the bucket. A deletion by the bucket's own means would leave a mark behind for every name that ever was. */
  private async erase(revision: number): Promise<boolean> {
    try {
      return await this.requests.make(() => this.manager.streams.deleteMessage(`KV_${this.bucket}`, revision, false));
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  private async entryOf(bytes: Uint8Array): Promise<Uint8Array> {
    if (bytes.byteLength <= inlineBytesMax) return marked(mark.inline, bytes);
    const object = this.entropy.id();
    await this.bodies.create(object, bytes);
    return marked(mark.body, Buffer.from(object));
  }

  /** Settles also when it fails: nothing leads to the object any more, so its bytes are lost space. */
  private async removeBodyOf(entry: Uint8Array | null): Promise<boolean> {
    const object = entry === null ? null : objectIn(entry);
    if (object === null) return true;
    return this.bodies.remove(object).then(
      () => true,
      () => false,
    );
  }

  private answer<R>(
    name: string | null,
    done: (result: R | Failed | Unknown) => void,
    work: (key: string) => Promise<R>,
  ): void {
    const key = keyOf(name ?? '');
    const invalid = name === null ? null : (blobNameFailure(name) ?? tooLong(name, key));
    const result = invalid === null ? work(key) : Promise.resolve<Failed>({ outcome: 'failed', failure: invalid });
    result.then(done, (error: unknown) => done(outcomeOf(error, `The store in NATS bucket '${this.bucket}'`)));
  }
}

const isThere = (entry: KvEntry | null): boolean => entry?.operation === 'PUT';

function marked(first: number, content: Uint8Array): Uint8Array {
  const entry = new Uint8Array(1 + content.byteLength);
  entry[0] = first;
  entry.set(content, 1);
  return entry;
}

function objectIn(entry: Uint8Array): string | null {
  if (entry[0] !== mark.body) return null;
  return Buffer.from(entry.subarray(1)).toString();
}

function tooLong(name: string, key: string): Failure | null {
  if (key.length <= keyCharactersMax) return null;
  const message = `${JSON.stringify(name)} is too long to name a blob in NATS: ${key.length} characters of a subject, at most ${keyCharactersMax}.`;
  return failure('BLOB_NAME_INVALID', 'internal', message, 'never');
}

function bytesLost(name: string, bucket: string): Failure {
  const message = `The bytes of '${name}' are gone from the object store ${bucket}. Restore it from a copy.`;
  return failure('STORE_FAILED', 'infrastructure', message, 'never');
}
