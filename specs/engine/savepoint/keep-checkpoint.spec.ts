import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { logKey } from '../../../actors/job-master/log.js';
import type { CheckpointId } from '../../../actors/protocol/ids.js';
import type { CheckpointManifest, LogEntry } from '../../../actors/protocol/manifest.js';
import { savepointBlobs, savepointOwnerKey } from '../../../actors/protocol/savepoint.js';
import type { BlobStore } from '../../../src/ports/blob-store.js';
import { decodeRecord, encodeRecord } from '../../../src/runtime/host/records.js';
import { Sweeper } from '../../../src/runtime/host/sweeper.js';
import { nodeQueue } from '../../../src/runtime/world/queue.js';
import {
  bringSavepoint,
  copySavepoint,
  isOfJob,
  keepCheckpoint,
  listSavepoints,
  loadCheckpoint,
  loadSavepoint,
  originPlace,
  verifySavepoint,
} from '../../../src/savepoint/index.js';
import { MemoryBlobStore } from '../../../src/storage/memory/memory-blob-store.js';
import { graphWith, recordOf } from '../../actors/job-master-stage.js';

const job = 'flights';
const id = (n: number): CheckpointId => ({ epoch: 3, n });
const contentOf = (n: number): Uint8Array => new TextEncoder().encode(`state of ${n}`);
const blobOf = (n: number): string => `jobs/${job}/state/7/3-${n}/count-0`;

const put = (blobs: BlobStore, name: string, bytes: Uint8Array): Promise<unknown> =>
  new Promise((resolve) => blobs.put(name, bytes, resolve));
const remove = (blobs: BlobStore, name: string): Promise<unknown> =>
  new Promise((resolve) => blobs.delete(name, resolve));

function checkpointOf(n: number): CheckpointManifest {
  const bytes = contentOf(n);
  const blob = { name: blobOf(n), bytes: bytes.byteLength, checksum: crc32(bytes).toString(16).padStart(8, '0') };
  const range = { blob, offset: 0, bytes: bytes.byteLength };
  const keyGroups = [{ keyGroup: 1, watermark: 0, ranges: [range] }];
  const operators = [{ uid: 'count', serializers: [], keyGroups, operatorState: null }];
  return {
    id: id(n),
    run: 7,
    subtasks: [{ subtask: 'v2#0', drained: false, operators }],
    enumerators: [],
    finished: [],
  };
}

type What =
  | { readonly kind: 'checkpoint'; readonly checkpoint: CheckpointManifest }
  | { readonly kind: 'recovered'; readonly run: number; readonly from: CheckpointId | null };

/** The store of a job that has ended, with this log. */
async function storeWith(log: readonly What[], ended = true): Promise<BlobStore> {
  const blobs = new MemoryBlobStore(nodeQueue);
  await put(blobs, `jobs/${job}/record`, encodeRecord({ ...recordOf(graphWith()), job }));
  if (ended)
    await put(blobs, `jobs/${job}/result`, encodeRecord({ format: 1, job, outcome: 'canceled', failure: null }));
  for (const [index, what] of log.entries()) {
    const entry: LogEntry = { format: 1, job, index, epoch: 3, nonce: `n${index}`, ...what };
    await put(blobs, logKey(job, index), encodeRecord(entry));
    if (what.kind === 'checkpoint') await put(blobs, blobOf(what.checkpoint.id.n), contentOf(what.checkpoint.id.n));
  }
  return blobs;
}

const began: What = { kind: 'recovered', run: 7, from: null };
const taken = (n: number): What => ({ kind: 'checkpoint', checkpoint: checkpointOf(n) });

describe('a checkpoint of a job that has ended, copied into a savepoint', () => {
  it('the newest, whole, in a folder of its own: what becomes of the job or its files is nothing to it', async () => {
    const blobs = await storeWith([began, taken(1), taken(2)]);
    const name = await keepCheckpoint(blobs, { job, id: null });
    expect(name).toBe('checkpoint-flights-3-2');
    await remove(blobs, blobOf(2));
    const manifest = await loadSavepoint(blobs, name);
    await verifySavepoint(blobs, manifest);
    expect(manifest).toMatchObject({ job, checkpoint: { id: id(2) } });
    expect(savepointBlobs(manifest.checkpoint).map((blob) => blob.name)).toEqual([
      `savepoints/${name}/state/7/3-2/count-0`,
    ]);
    expect(await keepCheckpoint(blobs, { job, id: null })).toBe(name);
  });

  it('the one that is named; one that a recovery went back behind is not the newest', async () => {
    const blobs = await storeWith([began, taken(1), taken(2), { kind: 'recovered', run: 8, from: id(1) }]);
    expect(await keepCheckpoint(blobs, { job, id: null })).toBe('checkpoint-flights-3-1');
    expect(await keepCheckpoint(blobs, { job, id: id(2) })).toBe('checkpoint-flights-3-2');
  });

  it('the last one of a job that ended with a savepoint holds nothing of that end', async () => {
    const stops = { name: 'last', request: 'r', drain: false };
    const blobs = await storeWith([began, { kind: 'checkpoint', checkpoint: { ...checkpointOf(1), stops } }]);
    const manifest = await loadSavepoint(blobs, await keepCheckpoint(blobs, { job, id: null }));
    expect(manifest.checkpoint).not.toHaveProperty('stops');
  });

  it('what there is not, or no longer, or not yet, says so', async () => {
    const blobs = await storeWith([began, taken(1), taken(2)]);
    const keep = (wanted: Parameters<typeof keepCheckpoint>[1]) => expect(keepCheckpoint(blobs, wanted)).rejects;
    await keep({ job: 'lost', id: null }).toMatchObject({ code: 'JOB_UNKNOWN' });
    await keep({ job, id: id(9) }).toThrow('Its newest are 3-2, 3-1.');
    await remove(blobs, blobOf(1));
    await keep({ job, id: id(1) }).toMatchObject({ code: 'CHECKPOINT_GONE' });
    await put(blobs, blobOf(2), contentOf(7));
    await keep({ job, id: null }).toMatchObject({ code: 'CHECKPOINT_DAMAGED' });
    expect(await listSavepoints(blobs)).toEqual([]);
    const running = await storeWith([began, taken(1)], false);
    await expect(keepCheckpoint(running, { job, id: null })).rejects.toMatchObject({ code: 'JOB_NOT_ENDED' });
    await expect(keepCheckpoint(await storeWith([began], false), { job, id: null })).rejects.toMatchObject({
      code: 'JOB_NOT_ENDED',
    });
    const fresh = await storeWith([began]);
    await expect(keepCheckpoint(fresh, { job, id: null })).rejects.toMatchObject({ code: 'CHECKPOINT_UNKNOWN' });
  });
});

describe('a savepoint that is copied into a store', () => {
  it('belongs to no job there: the end of one with its id sweeps nothing of it, also half written', async () => {
    const from = await storeWith([began, taken(1)]);
    const name = await keepCheckpoint(from, { job, id: null });
    const to = new MemoryBlobStore(nodeQueue);
    let swept = false;
    const slow = new Proxy(to, {
      get: (store, key) => {
        if (key !== 'put') return Reflect.get(store, key).bind(store);
        return async (...[blob, bytes, done]: Parameters<BlobStore['put']>) => {
          // The job of this id ends while the files come.
          await put(store, blob, bytes);
          await new Promise<void>((resolve) =>
            new Sweeper(store).sweep({ kind: 'blobs.sweep', job, keep: [], throughRun: 99, request: 's' }, () =>
              resolve(),
            ),
          );
          swept = true;
          done({ outcome: 'stored' });
        };
      },
    });
    await copySavepoint(from, slow, name);
    expect(swept).toBe(true);
    await verifySavepoint(to, await loadSavepoint(to, name));
    const owner = await new Promise<unknown>((resolve) =>
      to.read(savepointOwnerKey(name), (result) =>
        resolve(result.outcome === 'read' ? decodeRecord('owner', result.bytes) : null),
      ),
    );
    expect(owner).toMatchObject({ record: { job: null } });
  });

  it('finds its name taken by one that is just being taken, and leaves that alone', async () => {
    const from = await storeWith([began, taken(1)]);
    const name = await keepCheckpoint(from, { job, id: null });
    const to = new MemoryBlobStore(nodeQueue);
    await put(to, savepointOwnerKey(name), encodeRecord({ format: 1, job: 'other', request: 'theirs' }));
    await expect(copySavepoint(from, to, name)).rejects.toMatchObject({ code: 'SAVEPOINT_EXISTS' });
    expect(await listSavepoints(to)).toEqual([]);
  });

  it('is checked where it is: one file that is damaged there is found before a job begins with it', async () => {
    const blobs = await storeWith([began, taken(1)]);
    const name = await keepCheckpoint(blobs, { job, id: null });
    await bringSavepoint({ kind: 'savepoint', name }, blobs);
    await put(blobs, `savepoints/${name}/state/7/3-1/count-0`, contentOf(8));
    await expect(bringSavepoint({ kind: 'savepoint', name }, blobs)).rejects.toMatchObject({
      code: 'SAVEPOINT_DAMAGED',
    });
  });
});

describe('where a job is to begin, as it is said', () => {
  it.each([
    ['kept', { kind: 'savepoint', name: 'kept' }],
    ['./savepoints/kept', { kind: 'folder', path: './savepoints/kept' }],
    ['checkpoint:flights', { kind: 'checkpoint', job: 'flights', id: null }],
    ['checkpoint:flights/3-12', { kind: 'checkpoint', job: 'flights', id: { epoch: 3, n: 12 } }],
    ['checkpoint:flights/12', null],
    ['checkpoint:', null],
    ['No Name', null],
  ])('%s', (said, place) => {
    expect(originPlace(said)).toEqual(place);
  });
});

describe('a checkpoint of a job that runs, read where it lies', () => {
  it('is the one that a leader would go on from, at the parallelism that it was taken at', async () => {
    const blobs = await storeWith([began, taken(1), taken(2), { kind: 'recovered', run: 8, from: id(1) }], false);
    const manifest = await loadCheckpoint(blobs, { job, id: null });
    expect(manifest.checkpoint.id).toEqual(id(1));
    expect(isOfJob(manifest)).toBe(true);
    const submitted = recordOf(graphWith()).graph.vertices.find((vertex) => vertex.id === 'v2');
    expect(submitted?.parallelism).not.toBe(1);
    expect(manifest.graph.vertices.find((vertex) => vertex.id === 'v2')?.parallelism).toBe(1);
  });

  it('a file that is gone was replaced, and one that is not what was written is damaged', async () => {
    const blobs = await storeWith([began, taken(1)], false);
    const manifest = await loadCheckpoint(blobs, { job, id: id(1) });
    await verifySavepoint(blobs, manifest);
    await put(blobs, blobOf(1), contentOf(7));
    await expect(verifySavepoint(blobs, manifest)).rejects.toMatchObject({ code: 'CHECKPOINT_DAMAGED' });
    await remove(blobs, blobOf(1));
    await expect(verifySavepoint(blobs, manifest)).rejects.toMatchObject({ code: 'CHECKPOINT_GONE' });
  });
});
