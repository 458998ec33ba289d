import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { BlobHandle } from '../../../actors/protocol/manifest.js';
import type { BlobStore } from '../../../src/ports/blob-store.js';
import { BlobCopier } from '../../../src/runtime/host/blob-copier.js';
import { nodeQueue } from '../../../src/runtime/world/queue.js';
import { MemoryBlobStore } from '../../../src/storage/memory/memory-blob-store.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const put = (blobs: BlobStore, name: string, text: string): Promise<unknown> =>
  new Promise((resolve) => blobs.put(name, bytesOf(text), resolve));
const read = (blobs: BlobStore, name: string): Promise<unknown> => new Promise((resolve) => blobs.read(name, resolve));
const handle = (name: string, text: string): BlobHandle => ({
  name,
  bytes: bytesOf(text).length,
  checksum: crc32(bytesOf(text)).toString(16).padStart(8, '0'),
});
const copy = (blobs: BlobStore, from: readonly BlobHandle[]): Promise<unknown> =>
  new Promise((resolve) =>
    new BlobCopier(blobs).copy(
      { kind: 'blobs.copy', request: 'r1', blobs: from.map((each) => ({ from: each, to: `copy/${each.name}` })) },
      resolve,
    ),
  );

async function storeWith(contents: Readonly<Record<string, string>>): Promise<BlobStore> {
  const blobs = new MemoryBlobStore(nodeQueue);
  for (const [name, text] of Object.entries(contents)) await put(blobs, name, text);
  return blobs;
}

describe('host: blobs are copied', () => {
  it('all of them are durable when it is answered, and once more is the same', async () => {
    const blobs = await storeWith({ a: 'one', b: 'two' });
    for (let times = 0; times < 2; times += 1) {
      expect(await copy(blobs, [handle('a', 'one'), handle('b', 'two')])).toEqual({
        type: 'blobs.copied',
        request: 'r1',
      });
      expect(await read(blobs, 'copy/b')).toEqual({ outcome: 'read', bytes: bytesOf('two') });
    }
  });

  it.each([
    ['missing', 'c', 'it is missing'],
    ['cut off', 'b', 'it has 2 bytes and not 3'],
    ['changed', 'd', 'its checksum is'],
  ])('one that is %s is named, and not copied', async (_, name, why) => {
    const blobs = await storeWith({ a: 'one', b: 'tw', d: 'owt' });
    expect(await copy(blobs, [handle('a', 'one'), handle(name, 'two')])).toMatchObject({
      type: 'record.failed',
      request: 'r1',
      failure: { code: 'CHECKPOINT_DAMAGED', message: expect.stringContaining(`${name} is not what`) },
    });
    const again = await copy(blobs, [handle(name, 'two')]);
    expect(again).toMatchObject({ failure: { message: expect.stringContaining(why) } });
    expect(await read(blobs, `copy/${name}`)).toEqual({ outcome: 'missing' });
  });

  it('what the store does not know is unknown', async () => {
    const blobs = await storeWith({ a: 'one' });
    const mute: BlobStore = {
      create: (...args) => blobs.create(...args),
      read: (...args) => blobs.read(...args),
      list: (...args) => blobs.list(...args),
      delete: (...args) => blobs.delete(...args),
      put: (_name, _bytes, done) => done({ outcome: 'unknown' }),
    };
    expect(await copy(mute, [handle('a', 'one')])).toEqual({ type: 'record.unknown', request: 'r1' });
  });
});
