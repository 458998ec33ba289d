import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreDone } from '../../src/ports/key-value-engine.js';
import { nodeEntropy } from '../../src/runtime/world/entropy.js';
import { requireStateFolder } from '../../src/runtime/world/state-folder.js';
import { LevelEngine, sweepStores } from '../../src/storage/level/level-engine.js';
import { MemoryKeyValueEngine } from '../../src/storage/memory/memory-key-value-engine.js';
import { keyValueEngineContract } from './key-value-engine-contract.js';
import { answerOf, realUntil } from './until.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-value-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

keyValueEngineContract('memory', async () => ({ engine: new MemoryKeyValueEngine(setImmediate), until: realUntil }));

keyValueEngineContract('level', async () => ({
  engine: new LevelEngine({ folder: join(folder, 'stores'), entropy: nodeEntropy }),
  until: realUntil,
}));

describe('level engine', () => {
  it('a store is a folder, which goes with it', async () => {
    const engine = new LevelEngine({ folder, entropy: nodeEntropy });
    const opened = await answerOf(realUntil, (done: StoreDone<null>) => {
      const store = engine.open(1_000_000, (result) => {
        done(result);
        store.close();
      });
    });
    expect(opened.ok).toBe(true);
    for (let names = await readdir(folder); names.length > 0; names = await readdir(folder));
  });

  it('a folder that cannot be made: the store does not open, and the failure names it and the reason', async () => {
    await writeFile(join(folder, 'file'), '');
    const engine = new LevelEngine({ folder: join(folder, 'file'), entropy: nodeEntropy });
    const opened = await answerOf(realUntil, (done: StoreDone<null>) => void engine.open(1_000_000, done));
    expect(opened).toMatchObject({ ok: false, failure: { code: 'STORE_UNWRITABLE', domain: 'infrastructure' } });
    expect(!opened.ok && opened.failure.message).toMatch(new RegExp(`${folder}/file/.*ENOTDIR`));
    expect(!opened.ok && opened.failure.retry).toBe('never');
    const unusable = { code: 'STATE_FOLDER_UNUSABLE', message: expect.stringContaining(join(folder, 'file')) };
    await expect(requireStateFolder(join(folder, 'file'))).rejects.toMatchObject(unusable);
    await requireStateFolder(join(folder, 'made/by/it'));
  });

  it('what stores of earlier processes left is swept away', async () => {
    const stores = join(folder, 'stores');
    const engine = new LevelEngine({ folder: stores, entropy: nodeEntropy });
    await answerOf(realUntil, (done: StoreDone<null>) => void engine.open(1_000_000, done));
    expect(await readdir(stores)).toHaveLength(1);
    await sweepStores(stores);
    await sweepStores(stores);
    expect(await readdir(folder)).toEqual([]);
  });
});
