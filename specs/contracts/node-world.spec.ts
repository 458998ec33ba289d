import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileResult } from '../../src/ports/files.js';
import { nodeClock } from '../../src/runtime/world/clock.js';
import { nodeEntropy } from '../../src/runtime/world/entropy.js';
import { nodeFiles } from '../../src/runtime/world/files.js';
import { nodeLoops } from '../../src/runtime/world/loops.js';
import { nodeOffload } from '../../src/runtime/world/offload.js';
import { clockContract } from './clock-contract.js';
import { filesContract } from './files-contract.js';
import { answerOf, realUntil } from './until.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-world-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

clockContract('node', async () => ({ clock: nodeClock, loops: nodeLoops, until: realUntil }));
filesContract('node', async () => ({ files: nodeFiles, folder, until: realUntil }));

describe('files of this machine', () => {
  it('failure: a relative path is told with the working directory', async () => {
    const result = await answerOf<FileResult<number>>(realUntil, (done) => nodeFiles.size('no/such/file', done));
    expect(result).toMatchObject({ ok: false, failure: { code: 'FILE_MISSING' } });
    if (!result.ok) expect(result.failure.message).toContain(process.cwd());
  });

  it('failure: a folder is no file, and a file is no folder', async () => {
    expect(await answerOf<FileResult<number>>(realUntil, (done) => nodeFiles.size(folder, done))).toMatchObject({
      failure: { code: 'FILE_IS_FOLDER', message: expect.stringContaining(folder) },
    });
    const file = join(folder, 'file');
    await writeFile(file, '');
    const made = await answerOf<FileResult<null>>(realUntil, (done) => nodeFiles.makeFolder(join(file, 'x'), done));
    expect(made).toMatchObject({ ok: false, failure: { message: expect.stringContaining('ENOTDIR') } });
  });
});

describe('loops of this machine', () => {
  it('loop: where records take long a turn gets few of them, and many again when they no longer do', async () => {
    // What is written to disk by the same thread goes on between turns only.
    const recordMs = 0.2;
    const grants: number[] = [];
    let slow = true;
    const loop = nodeLoops.create((recordsMax) => {
      grants.push(recordsMax);
      const untilMs = performance.now() + recordMs * recordsMax;
      while (slow && performance.now() < untilMs);
      return 'more';
    });
    loop.wake();
    await realUntil(() => (grants.at(-1) ?? Number.POSITIVE_INFINITY) * recordMs < 2);
    expect(grants[0]).toBe(1_024);
    slow = false;
    await realUntil(() => grants.at(-1) === 1_024);
    loop.stop();
  });
});

describe('entropy', () => {
  it('ids: differ', () => {
    const ids = new Set(Array.from({ length: 1_000 }, () => nodeEntropy.id()));
    expect(ids.size).toBe(1_000);
  });
});

describe('offload', () => {
  const settled = (work: () => Promise<number>) =>
    answerOf(realUntil, (done: (result: unknown) => void) => nodeOffload.run('spec', work, done));

  it('run: tells the value, a rejection and a throw, never from within the call', async () => {
    const error = new Error('no');
    expect(await settled(async () => 7)).toEqual({ ok: true, value: 7 });
    expect(await settled(() => Promise.reject(error))).toEqual({ ok: false, error });
    const throwing = (): Promise<number> => {
      throw error;
    };
    expect(await settled(throwing)).toEqual({ ok: false, error });
  });
});
