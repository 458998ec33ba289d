import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { JobOptions, JobResult } from '../../../actors/protocol/job-graph.js';
import type { BlobHandle, CheckpointManifest } from '../../../actors/protocol/manifest.js';
import type { BlobStore } from '../../../src/ports/blob-store.js';
import { encodeRecord } from '../../../src/runtime/host/records.js';
import { nodeQueue } from '../../../src/runtime/world/queue.js';
import { damagedFiles, jobCheckpoints, orphanedFiles } from '../../../src/savepoint/index.js';
import { MemoryBlobStore } from '../../../src/storage/memory/memory-blob-store.js';
import { checkpointed, graphWith, recordOf, recovered } from '../../actors/job-master-stage.js';

const run = 7;
const fileOf = (n: number): string => `jobs/flights/state/${run}/1-${n}/count-0`;
const bytesOf = (n: number): Uint8Array => new TextEncoder().encode(`state of ${n}`);

function handleOf(n: number): BlobHandle {
  const bytes = bytesOf(n);
  return { name: fileOf(n), bytes: bytes.byteLength, checksum: crc32(bytes).toString(16).padStart(8, '0') };
}

/** Checkpoint n, which refers to the files of these. */
function manifest(n: number, files: readonly number[]): CheckpointManifest {
  const ranges = files.map((file) => ({ blob: handleOf(file), offset: 0, bytes: handleOf(file).bytes }));
  const keyGroups = [{ keyGroup: 0, watermark: 0, ranges }];
  const operators = [{ uid: 'count', serializers: [], keyGroups, operatorState: null }];
  const subtasks = [{ subtask: 'v2#0', drained: false, operators }];
  return { id: { epoch: 1, n }, run, subtasks, enumerators: [], finished: [] };
}

const put = (blobs: BlobStore, name: string, bytes: Uint8Array): Promise<unknown> =>
  new Promise((resolve) => blobs.put(name, bytes, resolve));
const remove = (blobs: BlobStore, name: string): Promise<unknown> =>
  new Promise((resolve) => blobs.delete(name, resolve));

/** A chain: 1 is whole, 2 and 3 add to it, 4 is whole again. */
const chain = [manifest(1, [1]), manifest(2, [1, 2]), manifest(3, [1, 2, 3]), manifest(4, [4])];

async function storeWith(options: Partial<JobOptions>, log = chain.map(checkpointed) as object[]): Promise<BlobStore> {
  const blobs = new MemoryBlobStore(nodeQueue);
  await put(blobs, 'jobs/flights/record', encodeRecord(recordOf(graphWith(options))));
  for (const [index, entry] of log.entries())
    await put(blobs, `jobs/flights/log/0000000${index}`, encodeRecord({ ...entry, index }));
  for (const n of [1, 2, 3, 4]) await put(blobs, fileOf(n), bytesOf(n));
  return blobs;
}

const kept = async (blobs: BlobStore) =>
  (await jobCheckpoints(blobs, 'flights')).kept.map(({ id, kind, blobs: files }) => [id.n, kind, files.length]);

describe('checkpoints as they lie in a store', () => {
  it('those that the job keeps, newest first, with what they share', async () => {
    expect(await kept(await storeWith({ retainedCheckpoints: 3 }))).toEqual([
      [4, 'full', 1],
      [3, 'incremental', 3],
      [2, 'incremental', 2],
    ]);
    expect(await kept(await storeWith({}))).toEqual([[4, 'full', 1]]);
    const [newest] = (await jobCheckpoints(await storeWith({ retainedCheckpoints: 2 }), 'flights')).kept.slice(1);
    expect(newest).toMatchObject({ bytes: 10, fullBytes: 30, entry: 'jobs/flights/log/00000002' });
  });

  it('what a recovery went back behind is not kept', async () => {
    const log = [
      ...chain.slice(0, 3).map(checkpointed),
      recovered(2, { epoch: 1, n: 1 }),
      checkpointed(manifest(9, [4])),
    ];
    expect(await kept(await storeWith({ retainedCheckpoints: 5 }, log))).toEqual([
      [9, 'incremental', 1],
      [1, 'full', 1],
    ]);
  });

  it.each([
    ['none', 'failed', 0],
    ['deleteOnCancellation', 'canceled', 0],
    ['deleteOnCancellation', 'failed', 2],
    ['retainOnCancellation', 'canceled', 2],
    ['retainOnCancellation', 'finished', 0],
  ] as const)('with %s a job that is %s has left %i', async (externalizedCheckpoints, outcome, count) => {
    const blobs = await storeWith({ retainedCheckpoints: 2, externalizedCheckpoints });
    const result: JobResult = { format: 1, job: 'flights', outcome, failure: null };
    await put(blobs, 'jobs/flights/result', encodeRecord(result));
    const found = await jobCheckpoints(blobs, 'flights');
    expect([found.ended, found.kept.length]).toEqual([outcome, count]);
  });

  it('names files that are missing, cut off or changed, each once', async () => {
    const blobs = await storeWith({ retainedCheckpoints: 3 });
    const found = await jobCheckpoints(blobs, 'flights');
    expect(await damagedFiles(blobs, found)).toEqual([]);
    await remove(blobs, fileOf(1));
    await put(blobs, fileOf(2), bytesOf(2).slice(0, 4));
    const flipped = bytesOf(4);
    flipped[0] = (flipped[0] as number) ^ 1;
    await put(blobs, fileOf(4), flipped);
    expect(await damagedFiles(blobs, found)).toEqual([
      { name: fileOf(4), what: expect.stringMatching(/^has the checksum [0-9a-f]{8} and should have/) },
      { name: fileOf(1), what: 'is missing' },
      { name: fileOf(2), what: 'has 4 bytes and should have 10' },
    ]);
  });

  it('names files that no kept checkpoint refers to', async () => {
    const blobs = await storeWith({ retainedCheckpoints: 1 });
    await put(blobs, 'jobs/other/state/7/1-1/count-0', bytesOf(1));
    expect(await orphanedFiles(blobs, await jobCheckpoints(blobs, 'flights'))).toEqual([1, 2, 3].map(fileOf));
    const three = await storeWith({ retainedCheckpoints: 2 });
    expect(await orphanedFiles(three, await jobCheckpoints(three, 'flights'))).toEqual([]);
  });

  it('what a job that runs replaces while its files are looked at is neither missing nor left over', async () => {
    const blobs = await storeWith({}, chain.slice(0, 3).map(checkpointed));
    const found = await jobCheckpoints(blobs, 'flights');
    await put(blobs, 'jobs/flights/log/00000003', encodeRecord({ ...checkpointed(manifest(4, [4])), index: 3 }));
    expect(await orphanedFiles(blobs, found)).toEqual([]);
    for (const n of [1, 2, 3]) await remove(blobs, fileOf(n));
    expect(await damagedFiles(blobs, found)).toEqual([]);
    await remove(blobs, fileOf(4));
    expect(await damagedFiles(blobs, await jobCheckpoints(blobs, 'flights'))).toEqual([
      { name: fileOf(4), what: 'is missing' },
    ]);
  });

  it('says which entry of the log is damaged, and which jobs there are', async () => {
    const blobs = await storeWith({ retainedCheckpoints: 2 });
    await put(blobs, 'jobs/flights/log/00000003', bytesOf(1));
    const found = await jobCheckpoints(blobs, 'flights');
    expect(found.damaged).toMatchObject([{ name: 'jobs/flights/log/00000003' }]);
    expect(found.kept.map(({ id }) => id.n)).toEqual([3, 2]);
    await expect(jobCheckpoints(blobs, 'flihgts')).rejects.toMatchObject({
      code: 'JOB_UNKNOWN',
      message: expect.stringContaining('It has flights.'),
    });
  });
});
