import { beforeEach, describe, expect, it } from 'vitest';
import type { BlobStore, CreateResult } from '../../src/ports/blob-store.js';
import { answerOf, type Until } from './until.js';

/** An empty store, and a second way into it where the store is shared between processes. */
export interface BlobStoreWorld {
  readonly store: BlobStore;
  readonly other: BlobStore;
  readonly until: Until;
}

const bigBytes = 8 * 1_024 * 1_024;
const creators = 12;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** What every BlobStore does, in every world. */
export function blobStoreContract(name: string, open: () => Promise<BlobStoreWorld>): void {
  describe(`blob store: ${name}`, () => {
    let world: BlobStoreWorld;
    beforeEach(async () => {
      world = await open();
    });

    const put = (key: string, bytes: Uint8Array, store = world.store) =>
      answerOf(world.until, (done: Parameters<BlobStore['put']>[2]) => store.put(key, bytes, done));
    const create = (key: string, bytes: Uint8Array, store = world.store) =>
      answerOf(world.until, (done: Parameters<BlobStore['create']>[2]) => store.create(key, bytes, done));
    const read = (key: string, store = world.store) =>
      answerOf(world.until, (done: Parameters<BlobStore['read']>[1]) => store.read(key, done));
    const list = (prefix: string) =>
      answerOf(world.until, (done: Parameters<BlobStore['list']>[1]) => world.store.list(prefix, done));
    const remove = (key: string) =>
      answerOf(world.until, (done: Parameters<BlobStore['delete']>[1]) => world.store.delete(key, done));
    const textAt = async (key: string): Promise<string> => {
      const result = await read(key);
      return result.outcome === 'read' ? textOf(result.bytes) : result.outcome;
    };

    it('put: what is read is what was stored last', async () => {
      expect(await put('jobs/a/state/1', bytesOf('first'))).toEqual({ outcome: 'stored' });
      expect(await put('jobs/a/state/1', bytesOf('second'))).toEqual({ outcome: 'stored' });
      expect(await textAt('jobs/a/state/1')).toBe('second');
    });

    it('put: every byte value, an empty blob and 8 MiB come back as they were', async () => {
      // Nothing on the way may take bytes for text, nor stop at a border.
      const everyByte = Uint8Array.from({ length: 512 }, (_, i) => i % 256);
      const big = Uint8Array.from({ length: bigBytes }, (_, i) => (i * 31 + (i >> 11)) & 255);
      for (const [key, bytes] of [
        ['bytes', everyByte],
        ['nothing', new Uint8Array(0)],
        ['big', big],
      ] as const) {
        expect(await put(key, bytes)).toEqual({ outcome: 'stored' });
        const result = await read(key, world.other);
        expect(result.outcome).toBe('read');
        // Buffer.compare, because a matcher would walk eight million elements.
        if (result.outcome === 'read') expect(Buffer.compare(result.bytes, bytes), key).toBe(0);
      }
    });

    it('put: the caller may use its bytes again once it is answered', async () => {
      const bytes = bytesOf('kept');
      await put('a', bytes);
      bytes.fill(0);
      expect(await textAt('a')).toBe('kept');
    });

    it('create: never replaces, neither what was created nor what was put', async () => {
      expect(await create('log/0', bytesOf('mine'))).toEqual({ outcome: 'created' });
      expect(await create('log/0', bytesOf('theirs'), world.other)).toEqual({ outcome: 'exists' });
      await put('log/1', bytesOf('put'));
      expect(await create('log/1', bytesOf('late'))).toEqual({ outcome: 'exists' });
      expect([await textAt('log/0'), await textAt('log/1')]).toEqual(['mine', 'put']);
    });

    it('create: of many creators at once exactly one is told so, and its bytes stand there', async () => {
      const results = new Map<number, CreateResult>();
      for (let i = 0; i < creators; i += 1) {
        const store = i % 2 === 0 ? world.store : world.other;
        store.create('log/7', bytesOf(`creator ${i}`), (result) => results.set(i, result));
      }
      await world.until(() => results.size === creators);
      const winners = [...results].filter(([, { outcome }]) => outcome === 'created').map(([i]) => i);
      expect(winners).toHaveLength(1);
      expect([...results.values()].filter(({ outcome }) => outcome === 'exists')).toHaveLength(creators - 1);
      expect(await textAt('log/7')).toBe(`creator ${winners[0]}`);
    });

    it('create: possible again after a delete', async () => {
      await create('log/0', bytesOf('first'));
      await remove('log/0');
      expect(await create('log/0', bytesOf('second'))).toEqual({ outcome: 'created' });
      expect(await textAt('log/0')).toBe('second');
    });

    it('read: a name that nothing stands under is missing, also below or above one that something does', async () => {
      await put('jobs/a/record', bytesOf('x'));
      for (const key of ['jobs/b', 'jobs/a', 'jobs/a/record/more', 'record']) {
        expect(await read(key), key).toEqual({ outcome: 'missing' });
      }
    });

    it('list: names under a prefix, at any depth, sorted as strings', async () => {
      for (const key of [
        'jobs/a/log/10',
        'jobs/a/log/9',
        'jobs/a/record',
        'jobs/ab/record',
        'epochs/1',
        'jobs/a/Log',
      ]) {
        await put(key, bytesOf(key));
      }
      const under = async (prefix: string) => {
        const result = await list(prefix);
        return result.outcome === 'listed' ? result.names : result.outcome;
      };
      expect(await under('jobs/a/')).toEqual(['jobs/a/Log', 'jobs/a/log/10', 'jobs/a/log/9', 'jobs/a/record']);
      expect(await under('jobs/a/log/1')).toEqual(['jobs/a/log/10']);
      expect(await under('jobs/a')).toHaveLength(5);
      expect(await under('jobs/c/')).toEqual([]);
      expect(await under('jobs/a/record/')).toEqual([]);
      expect(await under('')).toHaveLength(6);
    });

    it('list: a store that nobody has written to is empty', async () => {
      expect(await list('')).toEqual({ outcome: 'listed', names: [] });
    });

    it('delete: gone afterwards; what is missing counts as deleted; neighbours stay', async () => {
      await put('state/1/a', bytesOf('a'));
      await put('state/2/a', bytesOf('b'));
      expect(await remove('state/1/a')).toEqual({ outcome: 'deleted' });
      expect(await remove('state/1/a')).toEqual({ outcome: 'deleted' });
      expect(await remove('never')).toEqual({ outcome: 'deleted' });
      expect(await read('state/1/a')).toEqual({ outcome: 'missing' });
      expect(await list('')).toEqual({ outcome: 'listed', names: ['state/2/a'] });
      expect(await put('state/1/b', bytesOf('again'))).toEqual({ outcome: 'stored' });
    });

    it('delete: beside writers of the same folder, which it may leave empty, no write is lost', async () => {
      const results: string[] = [];
      const rounds = 20;
      for (let i = 0; i < rounds; i += 1) {
        world.store.put(`shared/folder/${i}`, bytesOf('x'), ({ outcome }) => {
          results.push(outcome);
          world.other.delete(`shared/folder/${i}`, (deleted) => results.push(deleted.outcome));
        });
      }
      await world.until(() => results.length === 2 * rounds);
      expect(results.filter((outcome) => outcome === 'stored')).toHaveLength(rounds);
      expect(results.filter((outcome) => outcome === 'deleted')).toHaveLength(rounds);
    });
  });
}
