import { createHash } from 'node:crypto';
import { Objm } from '@nats-io/obj';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JobRecord } from '../../actors/protocol/job-graph.js';
import { LineProxy } from '../../scripts/chaos/line-proxy.js';
import { loadJobFile } from '../../src/cli/load-job-file.js';
import { engineModules } from '../../src/engine-modules.js';
import type { PutResult } from '../../src/ports/blob-store.js';
import { ClusterCode } from '../../src/runtime/cluster/cluster-code.js';
import type { Bundle } from '../../src/runtime/code/bundle.js';
import { type NatsCodeStore, openNatsCodeStore } from '../../src/runtime/code/nats-code-store.js';
import type { BundleResult } from '../../src/runtime/worker/bundle-store.js';
import { nodeClock } from '../../src/runtime/world/clock.js';
import { nodeQueue } from '../../src/runtime/world/queue.js';
import { MemoryBlobStore } from '../../src/storage/memory/memory-blob-store.js';
import { natsServerForFile, natsServerForTest } from './nats-world.js';
import { answerOf, realUntil as until } from './until.js';

const file = natsServerForFile();

async function connectionTo(url: string): Promise<NatsConnection> {
  const connection = await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 20 });
  onTestFinished(() => connection.close());
  return connection;
}

async function open(cluster: string, url = file.server.url): Promise<NatsCodeStore> {
  const opened = await openNatsCodeStore({
    connection: await connectionTo(url),
    cluster,
    clock: nodeClock,
    timeoutMs: 500,
  });
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.store;
}

function bundleOf(code: string): Bundle {
  return { code, key: createHash('sha256').update(code).digest('hex'), sourcePath: '/jobs/job.ts' };
}

const recordOf = ({ key }: Bundle): Pick<JobRecord, 'job' | 'code'> => ({ job: 'flights', code: key });

const load = (store: NatsCodeStore, record: ReturnType<typeof recordOf>) =>
  answerOf(until, (done: Parameters<NatsCodeStore['load']>[1]) => store.load(record, done));

describe('nats code store', () => {
  // Larger than a part of an object, and not only ASCII.
  const bundle = bundleOf(`export default 'ünïcode';\n//${'x'.repeat(600_000)}`);

  it('load: the bundle as it was stored, also elsewhere and after it was stored again', async () => {
    const store = await open('stored');
    const other = await open('stored');
    expect(await store.store(bundle)).toBeNull();
    expect(await other.store({ ...bundle, sourcePath: '/elsewhere/job.ts' })).toBeNull();
    expect(await load(other, recordOf(bundle))).toEqual({ ok: true, bundle });
    const objects = await new Objm(await connectionTo(file.server.url)).open('weir-code-stored');
    expect((await objects.list()).map(({ name }) => name)).toEqual([bundle.key]);
  });

  it('load: of many that store at once all find it', async () => {
    const stores = await Promise.all(Array.from({ length: 5 }, () => open('at-once')));
    expect(await Promise.all(stores.map((store) => store.store(bundle)))).toEqual(stores.map(() => null));
    for (const store of stores) expect((await load(store, recordOf(bundle))).ok).toBe(true);
  });

  it('load: code that is not there is named, with what to do', async () => {
    const result = await load(await open('missing'), recordOf(bundle));
    expect(result).toMatchObject({ ok: false, failure: { code: 'CODE_MISSING', retry: 'never' } });
    if (!result.ok) expect(result.failure.message).toMatch(/job 'flights' is not in NATS. Submit the job again/);
  });

  it('load: what was deleted by hand can be stored again', async () => {
    const store = await open('deleted');
    await store.store(bundle);
    const objects = await new Objm(await connectionTo(file.server.url)).open('weir-code-deleted');
    await objects.delete(bundle.key);
    expect(await load(store, recordOf(bundle))).toMatchObject({ ok: false, failure: { code: 'CODE_MISSING' } });
    expect(await store.store(bundle)).toBeNull();
    expect((await load(store, recordOf(bundle))).ok).toBe(true);
  });

  it('load: other code under the key is refused', async () => {
    const objects = await new Objm(await connectionTo(file.server.url)).create('weir-code-forged');
    await objects.putBlob({ name: bundle.key }, new TextEncoder().encode('export default 1;'));
    const result = await load(await open('forged'), recordOf(bundle));
    expect(result).toMatchObject({ ok: false, failure: { code: 'CODE_DAMAGED', retry: 'never' } });
  });

  it('programs: a job is built from what NATS gives, and held against the submitted graph', async () => {
    const store = await open('programs');
    const job = await loadJobFile('examples/word-count.ts', []);
    await store.store(job.bundle);
    const record = { format: 1, job: 'words', graph: job.program.graph, code: job.bundle.key, params: [] } as const;
    const programs = new ClusterCode(store, null).programs(engineModules);
    const loadProgram = (code: JobRecord) =>
      answerOf(until, (done: Parameters<typeof programs.load>[1]) => programs.load(code, done));
    const loaded = await loadProgram(record);
    expect(loaded.ok && loaded.program.graph).toEqual(job.program.graph);
    expect(await loadProgram({ ...record, code: bundle.key })).toMatchObject({ failure: { code: 'CODE_MISSING' } });
  });

  it('lost in NATS: the copy in the store of the cluster serves, if it is whole', async () => {
    const store = await open('lost');
    await store.store(bundle);
    const copies = new MemoryBlobStore(nodeQueue);
    const loadFrom = (code: ClusterCode) =>
      answerOf(until, (done: (result: BundleResult) => void) => code.load(recordOf(bundle), done));
    expect(await loadFrom(new ClusterCode(store, copies))).toEqual({ ok: true, bundle });
    const without = await open('lost-and-empty');
    expect(await loadFrom(new ClusterCode(without, copies))).toEqual({ ok: true, bundle });
    expect(await loadFrom(new ClusterCode(without, null))).toMatchObject({ failure: { code: 'CODE_MISSING' } });
    const damaged = Buffer.from(JSON.stringify({ ...bundle, code: 'export default 1;' }));
    await answerOf(until, (done: (result: PutResult) => void) => copies.put(`code/${bundle.key}`, damaged, done));
    expect(await loadFrom(new ClusterCode(without, copies))).toMatchObject({ failure: { code: 'CODE_MISSING' } });
  });

  it('opening: the connection is lost with the first request, and comes back', async () => {
    // A process that starts while nats-server is restarted must not take it for one without JetStream.
    const line = await LineProxy.listen(file.server.port);
    onTestFinished(() => line.close());
    const connection = await connectionTo(line.url);
    line.break({ how: 'swallow', direction: 'both' });
    const opening = openNatsCodeStore({ connection, cluster: 'lost', clock: nodeClock, timeoutMs: 500 });
    line.mend();
    expect(await opening).toMatchObject({ ok: true });
  });

  it('nats-server away: both say so by their deadline, and a restart may help', async () => {
    const server = await natsServerForTest();
    const store = await open('away', server.url);
    await store.store(bundle);
    await server.end('SIGTERM');
    expect(await store.store(bundleOf('x'))).toMatchObject({ code: 'CODE_NOT_STORED', retry: 'restart' });
    expect(await load(store, recordOf(bundle))).toMatchObject({
      failure: { code: 'CODE_UNREACHABLE', retry: 'restart' },
    });
  });
});
