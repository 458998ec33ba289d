import { afterEach, describe, expect, it } from 'vitest';
import {
  batchWritesMax,
  type KeyValueEngine,
  type KeyValueStore,
  type StoreDone,
  type StoreResult,
  type StoreScan,
} from '../../src/ports/key-value-engine.js';
import { answerOf, type Until } from './until.js';

interface EngineWorld {
  readonly engine: KeyValueEngine;
  readonly until: Until;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
/** Every byte that a key may have, in order. */
const everyUnit = Array.from({ length: 256 }, (_, unit) => String.fromCharCode(unit));

/** What every KeyValueEngine keeps: the disk backend is built on nothing else. */
export function keyValueEngineContract(name: string, makeWorld: () => Promise<EngineWorld>): void {
  describe(`key-value engine: ${name}`, () => {
    const opened: KeyValueStore[] = [];
    afterEach(() => {
      for (const store of opened.splice(0)) store.close();
    });

    async function open() {
      const { engine, until } = await makeWorld();
      let store: KeyValueStore | null = null;
      const answer = await answerOf(until, (done: StoreDone<null>) => {
        store = engine.open(1_000_000, done);
      });
      expect(answer).toEqual({ ok: true, value: null });
      const open = store as unknown as KeyValueStore;
      opened.push(open);
      const value = async <T>(ask: (done: StoreDone<T>) => void): Promise<T> => {
        const result = await answerOf<StoreResult<T>>(until, ask);
        if (!result.ok) throw new Error(result.failure.message);
        return result.value;
      };
      const write = (...writes: [string, Uint8Array | null][]): Promise<null> =>
        value((done: StoreDone<null>) => open.write(writes, done));
      const all = async (scan: StoreScan, page = 2): Promise<string[]> => {
        const keys: string[] = [];
        for (;;) {
          const entries = await value((done: Parameters<StoreScan['next']>[1]) => scan.next(page, done));
          if (entries.length === 0) return keys;
          expect(entries.length).toBeLessThanOrEqual(page);
          keys.push(...entries.map(([key]) => key));
        }
      };
      return { engine, until, store: open, value, write, all };
    }

    it('get: what was written, as bytes; undefined for what was not, and for what was taken out', async () => {
      const { store, write } = await open();
      await write(['a', bytes(1, 2)], ['b', bytes()], ['c', bytes(3)]);
      await write(['c', null], ['never there', null]);
      expect([...(store.get('a') as Uint8Array)]).toEqual([1, 2]);
      expect([...(store.get('b') as Uint8Array)]).toEqual([]);
      expect(store.get('c')).toBeUndefined();
      expect(store.get('never there')).toBeUndefined();
    });

    it('write: of one key, the last in a batch and in calls counts; a full batch is taken whole', async () => {
      const { store, until } = await open();
      const answers: number[] = [];
      const batch = Array.from({ length: batchWritesMax }, (_, at) => [`k${at}`, bytes(at & 255)] as const);
      store.write(batch, () => answers.push(1));
      store.write([['k1', bytes(7)]], () => answers.push(2));
      store.write(
        [
          ['k2', bytes(1)],
          ['k2', null],
          ['k3', null],
          ['k3', bytes(9)],
        ],
        () => answers.push(3),
      );
      await until(() => answers.length === 3);
      expect(answers).toEqual([1, 2, 3]);
      expect([...(store.get('k1') as Uint8Array)]).toEqual([7]);
      expect(store.get('k2')).toBeUndefined();
      expect([...(store.get('k3') as Uint8Array)]).toEqual([9]);
      expect([...(store.get('k999') as Uint8Array)]).toEqual([999 & 255]);
    });

    it('scan: keys come in the order of their bytes, from the first to before the last', async () => {
      const { store, write, all } = await open();
      await write(...everyUnit.toReversed().map((unit): [string, Uint8Array] => [`x${unit}`, bytes(1)]));
      const view = store.snapshot();
      expect(await all(view.scan('x', 'y'), 100)).toEqual(everyUnit.map((unit) => `x${unit}`));
      expect(await all(view.scan('x\x7f', 'x\x82'))).toEqual(['x\x7f', 'x\x80', 'x\x81']);
      expect(await all(view.scan('y', 'z'))).toEqual([]);
      view.release();
    });

    it('snapshot: stays as it was, whatever is written and cleared afterwards', async () => {
      const { store, write, all, value } = await open();
      await write(['a', bytes(1)], ['b', bytes(1)], ['c', bytes(1)]);
      const view = store.snapshot();
      const scan = view.scan('a', 'z');
      await write(['a', bytes(2)], ['b', null], ['d', bytes(2)]);
      await value((done: StoreDone<null>) => store.clear('c', 'z', done));
      expect([store.get('c'), store.get('d')]).toEqual([undefined, undefined]);
      expect(await all(scan)).toEqual(['a', 'b', 'c']);
      scan.close();
      const read = await value((done: StoreDone<readonly (Uint8Array | undefined)[]>) =>
        view.getMany(['d', 'b', 'a'], done),
      );
      expect(read.map((each) => (each === undefined ? null : [...each]))).toEqual([null, [1], [1]]);
      view.release();
      expect([...(store.get('a') as Uint8Array)]).toEqual([2]);
    });

    it('what comes out belongs to the caller', async () => {
      const { store, write } = await open();
      await write(['a', bytes(1)]);
      store.get('a')?.fill(8);
      expect([...(store.get('a') as Uint8Array)]).toEqual([1]);
    });

    it('two stores know nothing of each other, and a new one is empty', async () => {
      const { engine, write, until } = await open();
      await write(['a', bytes(1)]);
      let other: KeyValueStore | null = null;
      await answerOf(until, (done: StoreDone<null>) => {
        other = engine.open(1_000_000, done);
      });
      const second = other as unknown as KeyValueStore;
      opened.push(second);
      expect(second.get('a')).toBeUndefined();
    });

    it('close: nothing is answered any more, also of what was under way, and also before it was open', async () => {
      const { engine, store, until } = await open();
      const answers: string[] = [];
      store.write([['a', bytes(1)]], () => answers.push('written'));
      const view = store.snapshot();
      view.getMany(['a'], () => answers.push('read'));
      store.close();
      engine.open(1_000_000, () => answers.push('opened')).close();
      let other: KeyValueStore | null = null;
      await answerOf(until, (done: StoreDone<null>) => {
        other = engine.open(1_000_000, done);
      });
      opened.push(other as unknown as KeyValueStore);
      expect(answers).toEqual([]);
    });
  });
}
