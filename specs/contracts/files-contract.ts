import { beforeEach, describe, expect, it } from 'vitest';
import type { FileResult, Files } from '../../src/ports/files.js';
import { answerOf, type Until } from './until.js';

export interface FilesWorld {
  readonly files: Files;
  /** A folder that exists, or may be taken to exist, and is empty. */
  readonly folder: string;
  readonly until: Until;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const done = { ok: true, value: null };

/** What all Files do, in every world. */
export function filesContract(name: string, open: () => Promise<FilesWorld>): void {
  describe(`files: ${name}`, () => {
    let world: FilesWorld;
    let files: Files;
    beforeEach(async () => {
      world = await open();
      files = world.files;
    });

    const at = (path: string): string => `${world.folder}/${path}`;
    const answer = <T>(ask: (done: (result: FileResult<T>) => void) => void) => answerOf(world.until, ask);
    const create = (path: string, text: string) => answer<null>((tell) => files.create(at(path), bytesOf(text), tell));
    const append = (path: string, text: string) => answer<null>((tell) => files.append(at(path), bytesOf(text), tell));
    const rename = (from: string, to: string) => answer<null>((tell) => files.rename(at(from), at(to), tell));
    const remove = (path: string) => answer<null>((tell) => files.remove(at(path), tell));
    const size = (path: string) => answer<number>((tell) => files.size(at(path), tell));
    const list = (path: string) =>
      answer<readonly string[]>((tell) => files.list(path === '' ? world.folder : at(path), tell));
    const read = async (path: string, offset = 0, length = 1_000): Promise<string> => {
      const result = await answer<Uint8Array>((tell) => files.read(at(path), offset, length, tell));
      return result.ok ? new TextDecoder().decode(result.value) : result.failure.code;
    };
    const failed = (code: string, path: string) => ({
      ok: false,
      failure: { code, message: expect.stringContaining(at(path)) },
    });

    it('create, append, sync, read: bytes come back in the order they were written', async () => {
      expect(await create('a', 'one ')).toEqual(done);
      expect(await append('a', 'two ')).toEqual(done);
      expect(await append('a', 'three')).toEqual(done);
      expect(await answer<null>((tell) => files.sync(at('a'), tell))).toEqual(done);
      expect(await read('a')).toBe('one two three');
      expect(await size('a')).toEqual({ ok: true, value: 13 });
    });

    it('create: refuses a file that is there, and leaves it as it is', async () => {
      await create('a', 'first');
      expect(await create('a', 'second')).toMatchObject(failed('FILE_EXISTS', 'a'));
      expect(await read('a')).toBe('first');
    });

    it('append: never creates, so that a removed file does not come back as its tail', async () => {
      expect(await append('a', 'tail')).toMatchObject(failed('FILE_MISSING', 'a'));
      expect(await size('a')).toMatchObject(failed('FILE_MISSING', 'a'));
    });

    it('read: the asked range; fewer bytes only at the end of the file', async () => {
      await create('a', '0123456789');
      expect(await read('a', 3, 4)).toBe('3456');
      expect(await read('a', 8, 100)).toBe('89');
      expect(await read('a', 10, 5)).toBe('');
      expect(await read('a', 50, 5)).toBe('');
    });

    it('read: a large file comes back whole', async () => {
      const big = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 13 + (i >> 9)) & 255);
      await answer<null>((tell) => files.create(at('big'), big, tell));
      const result = await answer<Uint8Array>((tell) => files.read(at('big'), 0, big.byteLength, tell));
      expect(result.ok && Buffer.compare(result.value, big)).toBe(0);
    });

    it('missing: size, read, sync and rename say which file', async () => {
      expect(await size('a')).toMatchObject(failed('FILE_MISSING', 'a'));
      expect(await answer((tell) => files.read(at('a'), 0, 1, tell))).toMatchObject(failed('FILE_MISSING', 'a'));
      expect(await answer((tell) => files.sync(at('a'), tell))).toMatchObject(failed('FILE_MISSING', 'a'));
      expect(await rename('a', 'b')).toMatchObject(failed('FILE_MISSING', 'a'));
    });

    it('list: names of the files directly in the folder, sorted', async () => {
      await answer<null>((tell) => files.makeFolder(at('inner'), tell));
      for (const path of ['b', 'a', '.hidden', 'a2', 'inner/x']) await create(path, path);
      expect(await list('')).toEqual({ ok: true, value: ['.hidden', 'a', 'a2', 'b'] });
      expect(await list('inner')).toEqual({ ok: true, value: ['x'] });
    });

    it('list: an absent folder is empty', async () => {
      expect(await list('nowhere')).toEqual({ ok: true, value: [] });
    });

    it('makeFolder: also those above it; one that exists is fine; a folder has no size', async () => {
      const make = () => answer<null>((tell) => files.makeFolder(at('x/y/z'), tell));
      expect(await make()).toEqual(done);
      expect(await make()).toEqual(done);
      expect(await create('x/y/z/file', 'deep')).toEqual(done);
      expect(await read('x/y/z/file')).toBe('deep');
      expect((await size('x/y')).ok).toBe(false);
    });

    it('rename: takes the other name away from what had it', async () => {
      await create('a', 'new');
      await create('b', 'old');
      expect(await rename('a', 'b')).toEqual(done);
      expect(await read('b')).toBe('new');
      expect(await read('a')).toBe('FILE_MISSING');
    });

    it('remove: a missing file counts as removed', async () => {
      await create('a', 'x');
      expect(await remove('a')).toEqual(done);
      expect(await remove('a')).toEqual(done);
      expect(await list('')).toEqual({ ok: true, value: [] });
    });
  });
}
