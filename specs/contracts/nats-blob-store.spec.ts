import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BlobStore, CreateResult } from '../../src/ports/blob-store.js';
import { nodeClock } from '../../src/runtime/world/clock.js';
import { nodeEntropy } from '../../src/runtime/world/entropy.js';
import { type NatsBlobStoreOptions, openNatsBlobStore } from '../../src/storage/nats-object-store/nats-blob-store.js';
import { blobStoreContract } from './blob-store-contract.js';
import { configurationFile, natsServerForFile, natsServerForTest } from './nats-world.js';
import { answerOf, realUntil as until } from './until.js';

const file = natsServerForFile();
const small = new TextEncoder().encode('small');

interface Where {
  readonly url?: string;
  readonly timeoutMs?: number;
}

async function connectionTo(url: string): Promise<NatsConnection> {
  const connection = await connect({
    servers: url,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 20,
    ...credentialsOf(url),
  });
  onTestFinished(() => connection.close());
  return connection;
}

const credentialsOf = (url: string) => {
  const { username, password } = new URL(url);
  return username === '' ? {} : { user: username, pass: password };
};

async function options(
  cluster: string,
  { url = file.server.url, timeoutMs = 5_000 }: Where = {},
): Promise<NatsBlobStoreOptions> {
  return { connection: await connectionTo(url), cluster, clock: nodeClock, entropy: nodeEntropy, timeoutMs };
}

async function open(cluster: string, where: Where = {}): Promise<BlobStore> {
  const opened = await openNatsBlobStore(await options(cluster, where));
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.store;
}

let clusters = 0;
blobStoreContract('nats', async () => {
  clusters += 1;
  const cluster = `contract-${clusters}`;
  return { store: await open(cluster), other: await open(cluster), until };
});

describe('nats blob store', () => {
  const putIn = (store: BlobStore, name: string, bytes: Uint8Array) =>
    answerOf(until, (done: Parameters<BlobStore['put']>[2]) => store.put(name, bytes, done));
  const createIn = (store: BlobStore, name: string, bytes: Uint8Array) =>
    answerOf(until, (done: Parameters<BlobStore['create']>[2]) => store.create(name, bytes, done));
  const readIn = (store: BlobStore, name: string) =>
    answerOf(until, (done: Parameters<BlobStore['read']>[1]) => store.read(name, done));
  const listIn = (store: BlobStore, prefix: string) =>
    answerOf(until, (done: Parameters<BlobStore['list']>[1]) => store.list(prefix, done));
  const deleteIn = (store: BlobStore, name: string) =>
    answerOf(until, (done: Parameters<BlobStore['delete']>[1]) => store.delete(name, done));

  /** Messages of the Object Store: parts of objects, and their names. */
  async function objectMessages(cluster: string): Promise<number> {
    const manager = await jetstreamManager(await connectionTo(file.server.url));
    return (await manager.streams.info(`OBJ_weir-blobs-${cluster}`)).state.messages;
  }

  it('names: every character is kept, and none reaches the subject', async () => {
    const store = await open('names');
    const names = ['a b/ü=#.*', 'a b/>', 'A.B', 'A/B', '=2E', '$KV/x', '\u{1F600}/\r\nPUB', 'x'.repeat(255)];
    for (const name of names) {
      expect(await createIn(store, name, small)).toEqual({ outcome: 'created' });
      expect(await createIn(store, name, small)).toEqual({ outcome: 'exists' });
    }
    expect(await listIn(store, '')).toEqual({ outcome: 'listed', names: [...names].sort() });
    expect(await listIn(store, 'a b/')).toEqual({ outcome: 'listed', names: ['a b/>', 'a b/ü=#.*'] });
    for (const name of ['', '/etc', '../x', 'a//b', 'é'.repeat(100).concat('/').repeat(6).concat('x')]) {
      expect(await putIn(store, name, small)).toMatchObject({ failure: { code: 'BLOB_NAME_INVALID' } });
    }
  });

  it('large blobs: what is replaced, deleted or came second leaves nothing behind', async () => {
    const store = await open('large');
    const other = await open('large');
    const large = new Uint8Array(300_000).fill(7);
    for (let i = 0; i < 3; i += 1) expect(await putIn(store, 'a', large)).toEqual({ outcome: 'stored' });
    const results: CreateResult[] = [];
    for (let i = 0; i < 6; i += 1) (i % 2 === 0 ? store : other).create('b', large, (result) => results.push(result));
    await until(() => results.length === 6);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual([
      'created',
      ...Array.from({ length: 5 }, () => 'exists'),
    ]);
    expect(await createIn(store, 'a', large)).toEqual({ outcome: 'exists' });
    const read = await readIn(other, 'b');
    expect(read.outcome === 'read' && Buffer.compare(read.bytes, large)).toBe(0);
    await putIn(store, 'a', small);
    await deleteIn(store, 'b');
    expect(await readIn(store, 'b')).toEqual({ outcome: 'missing' });
    expect(await objectMessages('large')).toBe(0);
  });

  it('large blobs: a reader meets the old or the new one, never a mixture nor none', async () => {
    const store = await open('replaced');
    const blobs = [1, 2].map((value) => new Uint8Array(200_000).fill(value));
    await putIn(store, 'a', blobs[0] ?? small);
    let writing = true;
    const written = (async () => {
      for (let i = 1; i <= 10; i += 1) await putIn(store, 'a', blobs[i % 2] ?? small);
      writing = false;
    })();
    while (writing) {
      const read = await readIn(store, 'a');
      expect(read.outcome).toBe('read');
      if (read.outcome === 'read') expect(blobs.some((blob) => Buffer.compare(blob, read.bytes) === 0)).toBe(true);
    }
    await written;
  });

  it('a name that a person deleted by hand can be created', async () => {
    const store = await open('by-hand');
    await createIn(store, 'log/0', small);
    const kv = await new Kvm(await connectionTo(file.server.url)).open('weir-blobs-by-hand');
    await kv.delete('log.0');
    expect(await readIn(store, 'log/0')).toEqual({ outcome: 'missing' });
    expect(await createIn(store, 'log/0', small)).toEqual({ outcome: 'created' });
    expect(await createIn(store, 'log/0', small)).toEqual({ outcome: 'exists' });
  });

  it('nats-server away: every call is answered `unknown`, and all goes on when it is back', async () => {
    const server = await natsServerForTest();
    const store = await open('away', { url: server.url, timeoutMs: 300 });
    expect(await putIn(store, 'kept', small)).toEqual({ outcome: 'stored' });
    await server.end('SIGTERM');
    const unknown = { outcome: 'unknown' };
    expect(await putIn(store, 'a', small)).toEqual(unknown);
    expect(await createIn(store, 'b', small)).toEqual(unknown);
    expect(await readIn(store, 'kept')).toEqual(unknown);
    expect(await listIn(store, '')).toEqual(unknown);
    expect(await deleteIn(store, 'kept')).toEqual(unknown);
    await server.start();
    const outcomes: string[] = [];
    while (outcomes.at(-1) !== 'read') outcomes.push((await readIn(store, 'kept')).outcome);
    expect(new Set(outcomes)).toEqual(new Set([...outcomes.slice(0, -1).map(() => 'unknown'), 'read']));
    expect(await createIn(store, 'b', small)).toEqual({ outcome: 'created' });
  });

  it('opening: a bucket that would lose blobs is refused', async () => {
    await new Kvm(await connectionTo(file.server.url)).create('weir-blobs-short-lived', { ttl: 60_000 });
    const opened = await openNatsBlobStore(await options('short-lived'));
    expect(opened).toMatchObject({ ok: false, failure: { code: 'STORE_UNSUITABLE', retry: 'never' } });
    if (!opened.ok) expect(opened.failure.message).toMatch(/lost after 60000 ms/);
  });

  it('opening: without JetStream it says what to start', async () => {
    const config = 'accounts { A { users: [{ user: weir, password: x }] } }';
    const server = await natsServerForTest({ args: ['--config', await configurationFile(config)] });
    const url = server.url.replace('//', '//weir:x@');
    const opened = await openNatsBlobStore({ ...(await options('none', { url })), openTimeoutMs: 300 });
    expect(opened).toMatchObject({ ok: false, failure: { code: 'STORE_UNSUITABLE' } });
    if (!opened.ok) expect(opened.failure.message).toMatch(/nats-server -js/);
  });
});
