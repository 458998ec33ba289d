import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { SavepointManifest } from '../../../actors/protocol/savepoint.js';
import { savepointKey } from '../../../actors/protocol/savepoint.js';
import type { BlobStore } from '../../../src/ports/blob-store.js';
import { encodeRecord } from '../../../src/runtime/host/records.js';
import { nodeQueue } from '../../../src/runtime/world/queue.js';
import {
  copySavepoint,
  isSavepointPath,
  listSavepoints,
  loadSavepoint,
  savepointAt,
  verifySavepoint,
} from '../../../src/savepoint/index.js';
import { MemoryBlobStore } from '../../../src/storage/memory/memory-blob-store.js';
import { graphWith } from '../../actors/job-master-stage.js';

const state = new TextEncoder().encode('state');
const blob = { name: 'savepoints/kept/7/1-1/count-0', bytes: 5 };

function manifestWith(checksum: string): SavepointManifest {
  const operatorState = { blob: { ...blob, checksum }, offset: 0, bytes: 5 };
  const operators = [{ uid: 'count', serializers: [], keyGroups: [], operatorState }];
  const subtasks = [{ subtask: 'v2#0', drained: false, operators }];
  const checkpoint = { id: { epoch: 1, n: 1 }, run: 7, subtasks, enumerators: [], finished: [] };
  return { format: 1, name: 'kept', request: 'r', job: 'flights', graph: graphWith(), checkpoint };
}

const put = (blobs: BlobStore, name: string, bytes: Uint8Array): Promise<unknown> =>
  new Promise((resolve) => blobs.put(name, bytes, resolve));

async function storeWith(record: object): Promise<BlobStore> {
  const blobs = new MemoryBlobStore(nodeQueue);
  await put(blobs, blob.name, state);
  await put(blobs, savepointKey('kept'), encodeRecord(record));
  return blobs;
}

/** Not that of the state. */
const checksum = '97f4a6ec';

describe('savepoints as they lie in a store', () => {
  it('are listed, loaded, checked and copied without a cluster', async () => {
    const whole = manifestWith(crc32(state).toString(16).padStart(8, '0'));
    const blobs = await storeWith(whole);
    expect(await listSavepoints(blobs)).toEqual(['kept']);
    const manifest = await loadSavepoint(blobs, 'kept');
    expect(manifest).toEqual(whole);
    await verifySavepoint(blobs, manifest);
    const other = new MemoryBlobStore(nodeQueue);
    await copySavepoint(blobs, other, 'kept');
    await copySavepoint(blobs, other, 'kept');
    await verifySavepoint(other, await loadSavepoint(other, 'kept'));
    const another = await storeWith({ ...whole, request: 'another' });
    await expect(copySavepoint(blobs, another, 'kept')).rejects.toMatchObject({ code: 'SAVEPOINT_EXISTS' });
  });

  it('one that is missing, damaged, void or of another format says what to do', async () => {
    const damaged = await storeWith(manifestWith(checksum));
    await expect(loadSavepoint(damaged, 'lost')).rejects.toMatchObject({ code: 'SAVEPOINT_UNKNOWN' });
    await expect(verifySavepoint(damaged, await loadSavepoint(damaged, 'kept'))).rejects.toThrow(
      `the file ${blob.name} has the checksum`,
    );
    const later = await storeWith({ ...manifestWith(checksum), format: 2 });
    await expect(loadSavepoint(later, 'kept')).rejects.toThrow('has format 2, and this version reads 1');
    const voided = await storeWith({ format: 1, name: 'kept', void: true });
    await expect(loadSavepoint(voided, 'kept')).rejects.toThrow('was never complete');
    await expect(copySavepoint(damaged, new MemoryBlobStore(nodeQueue), 'kept')).rejects.toMatchObject({
      code: 'SAVEPOINT_DAMAGED',
    });
  });

  it('a path leads to savepoints/<name>, and a name to no folder', () => {
    expect([isSavepointPath('kept'), isSavepointPath('./savepoints/kept')]).toEqual([false, true]);
    expect(savepointAt('copy/savepoints/kept').name).toBe('kept');
    expect(() => savepointAt('copy/kept')).toThrow('is no folder of a savepoint');
  });
});
