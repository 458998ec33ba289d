import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtModule } from '../../src/runtime/worker/built-module.js';
import { holdLevelAddon } from '../../src/storage/level/level-engine.js';

const ends = 100;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'level-ends-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Opens a store, and writes, reads and scans in it for as long as it lives; tells when it is in the middle of it. */
const busy = (engine: string, own: string): string => `
  const { parentPort } = require('node:worker_threads');
  import(${JSON.stringify(engine)}).then(({ LevelEngine }) => {
    let ids = 0;
    const engine = new LevelEngine({ folder: ${JSON.stringify(own)}, entropy: { id: () => String(ids++) } });
    const store = engine.open(8_000_000, () => {
      let written = 0;
      const write = () => {
        const batch = Array.from({ length: 1_000 }, (_, at) => ['k' + at + ':' + written, new Uint8Array(200)]);
        store.write(batch, () => {
          written += 1;
          if (written === 3) parentPort.postMessage('busy');
          const view = store.snapshot();
          view.scan('k', 'l').next(1_000, () => view.release());
          write();
        });
        store.get('k1:1');
      };
      write();
    });
  });
`;

describe('state on disk: threads that end', () => {
  it(`${ends} workers are ended in the middle of batches, and the process goes on`, { timeout: 120_000 }, async () => {
    // With its last user the addon would be unloaded, and the batch under way would go on in memory that is not there any more.
    holdLevelAddon();
    const engine = builtModule(new URL('../../src/storage/level/level-engine.js', import.meta.url).href).href;
    for (let at = 0; at < ends; at++) {
      const worker = new Worker(busy(engine, join(folder, String(at))), { eval: true });
      await new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
      expect(await worker.terminate()).toBe(1);
    }
  });
});
