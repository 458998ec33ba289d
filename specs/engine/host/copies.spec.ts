import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { RecordEvent } from '../../../actors/kernel/message.js';
import type { BlobHandle } from '../../../actors/protocol/manifest.js';
import { Records } from '../../../src/runtime/host/records.js';
import { MemoryBlobStore } from '../../../src/storage/memory/memory-blob-store.js';

const text = (content: string): Uint8Array => Buffer.from(content);
const handleOf = (name: string, content: string): BlobHandle => ({
  name,
  bytes: content.length,
  checksum: crc32(content).toString(16).padStart(8, '0'),
});

describe('copies of blobs', () => {
  const store = new MemoryBlobStore((run) => queueMicrotask(run));
  const put = (name: string, content: string): Promise<unknown> =>
    new Promise((resolve) => store.put(name, text(content), resolve));
  const read = (name: string): Promise<string> =>
    new Promise((resolve) =>
      store.read(name, (result) =>
        resolve(result.outcome === 'read' ? Buffer.from(result.bytes).toString() : result.outcome),
      ),
    );
  const copy = (...copies: readonly { readonly from: BlobHandle; readonly to: string }[]): Promise<RecordEvent> =>
    new Promise((resolve) => new Records(store).copy('r', copies, resolve));

  it('are answered once, when all of them are durable', async () => {
    await put('a', 'one');
    await put('b', 'two');
    const copies = [
      { from: handleOf('a', 'one'), to: 'c' },
      { from: handleOf('b', 'two'), to: 'd' },
    ];
    expect(await copy(...copies)).toEqual({ type: 'record.created', request: 'r' });
    expect([await read('c'), await read('d')]).toEqual(['one', 'two']);
    expect(await copy()).toEqual({ type: 'record.created', request: 'r' });
  });

  it('one that is missing or damaged is not copied, and answers for all', async () => {
    await put('e', 'three');
    expect(await copy({ from: handleOf('gone', ''), to: 'f' })).toEqual({ type: 'record.missing', request: 'r' });
    expect(await copy({ from: handleOf('e', 'other'), to: 'f' })).toMatchObject({
      type: 'record.failed',
      request: 'r',
    });
    expect(await read('f')).toBe('missing');
  });
});
