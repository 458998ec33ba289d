import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeEntropy } from '../../src/runtime/world/entropy.js';
import { FileBlobStore } from '../../src/storage/file/file-blob-store.js';
import { MemoryBlobStore } from '../../src/storage/memory/memory-blob-store.js';
import { blobStoreContract } from './blob-store-contract.js';
import { answerOf, realUntil } from './until.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blob-store-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

blobStoreContract('memory', async () => {
  const store = new MemoryBlobStore(setImmediate);
  return { store, other: store, until: realUntil };
});

blobStoreContract('folder', async () => {
  const open = () => new FileBlobStore({ folder: join(folder, 'store'), entropy: nodeEntropy });
  return { store: open(), other: open(), until: realUntil };
});

describe('file blob store', () => {
  const openIn = (path: string) => new FileBlobStore({ folder: path, entropy: nodeEntropy });
  const bytes = new TextEncoder().encode('x');
  const put = (store: FileBlobStore, name: string) =>
    answerOf(realUntil, (done: Parameters<FileBlobStore['put']>[2]) => store.put(name, bytes, done));

  it.each([
    '',
    '/etc/passwd',
    '../escaped',
    'a/../../b',
    'a//b',
    'a/',
    'a\0b',
    'a\\b',
    '.',
    '.writing/x',
    'x'.repeat(256),
  ])('names: %j is refused and touches no file', async (name) => {
    const store = openIn(join(folder, 'store'));
    const results = [
      await put(store, name),
      await answerOf(realUntil, (done: Parameters<FileBlobStore['create']>[2]) => store.create(name, bytes, done)),
      await answerOf(realUntil, (done: Parameters<FileBlobStore['read']>[1]) => store.read(name, done)),
      await answerOf(realUntil, (done: Parameters<FileBlobStore['delete']>[1]) => store.delete(name, done)),
    ];
    for (const result of results) {
      expect(result).toMatchObject({ outcome: 'failed', failure: { code: 'BLOB_NAME_INVALID' } });
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('folder: one that cannot be written is named, with the reason and what to do', async () => {
    const blocked = join(folder, 'a-file');
    await writeFile(blocked, 'no folder');
    const result = await put(openIn(blocked), 'jobs/a');
    expect(result).toMatchObject({ outcome: 'failed', failure: { code: 'STORE_UNWRITABLE', retry: 'never' } });
    if (result.outcome !== 'failed') return;
    expect(result.failure.message).toContain(blocked);
    expect(result.failure.message).toMatch(/E(NOTDIR|EXIST)/);
    expect(result.failure.message).toMatch(/choose another folder/);
  });

  it('crash: what was left unfinished is not listed, and goes once it is a day old', async () => {
    // A writer that was killed leaves a file behind that nobody else knows of.
    const writing = join(folder, '.writing');
    await mkdir(writing);
    await writeFile(join(writing, 'old'), 'half');
    await writeFile(join(writing, 'young'), 'half');
    const twoDaysAgo = new Date(Date.now() - 2 * 24 * 3_600_000);
    await utimes(join(writing, 'old'), twoDaysAgo, twoDaysAgo);
    const store = openIn(folder);
    await put(store, 'jobs/a');
    expect(await answerOf(realUntil, (done: Parameters<FileBlobStore['list']>[1]) => store.list('', done))).toEqual({
      outcome: 'listed',
      names: ['jobs/a'],
    });
    expect(await readdir(writing)).toEqual(['young']);
  });

  it('delete: empty folders go too, so that listings stay as short as what is stored', async () => {
    const store = openIn(folder);
    await put(store, 'state/1/deep/a');
    await answerOf(realUntil, (done: Parameters<FileBlobStore['delete']>[1]) => store.delete('state/1/deep/a', done));
    expect(await readdir(folder)).toEqual(['.writing']);
  });
});
