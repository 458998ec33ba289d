import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { classSerializer, createSavepoint, openSavepoint, type Savepoint } from 'weirflow/state';
import { listState, mapState, reducingState, valueState } from '../../../src/state/descriptors.js';
import { GroupImage } from '../../../src/state/group-image.js';
import { createHeapState } from '../../../src/state/heap/heap-state.js';
import { keyGroupOf } from '../../../src/state/key-groups.js';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';
import { imageOf, written } from '../state/written.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'weirflow-state-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const operator = 'counts';
const maxParallelism = 16;
const clock = { wallMs: () => 1_000 };

const heap = (): KeyedStateBackend =>
  createHeapState({
    operator,
    maxParallelism,
    range: { first: 0, last: maxParallelism - 1 },
    development: true,
    clock,
  });

/** As a subtask of a job restores it. */
async function restored(savepoint: Savepoint): Promise<KeyedStateBackend> {
  const state = heap();
  const snapshots = savepoint.manifest.checkpoint.subtasks.flatMap(({ operators }) => operators);
  const { serializers = [] } = snapshots.find(({ uid }) => uid === operator) ?? {};
  for await (const image of savepoint.operator(operator).groups()) {
    const parts = [image.bytes() as Uint8Array];
    state.load({ keyGroup: image.keyGroup, watermark: image.watermark, parts }, serializers);
  }
  return state;
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('weirflow/state: savepoints without a job', () => {
  it('one that is put together is read again, and a job restores it', async () => {
    const made = createSavepoint({ maxParallelism, job: 'words' });
    const counts = made.operator<string>(operator);
    for (const [index, word] of ['a', 'b', 'c', 'd'].entries()) counts.value<number>('count').set(word, index);
    counts.list<string>('lines').set('a', ['x', 'y']);
    counts.map<number, bigint>('places').set('b', [[7, 1n]]);
    const path = join(folder(), 'savepoints/first');
    await made.write(path);
    const savepoint = await openSavepoint(path);
    await savepoint.verify();
    expect([savepoint.name, savepoint.job, savepoint.operators]).toEqual(['first', 'words', [operator]]);
    const saved = savepoint.operator<string>(operator);
    const values = await all(saved.value<number>('count'));
    expect(values.map(({ key, value }) => `${key}${value}`).sort()).toEqual(['a0', 'b1', 'c2', 'd3']);
    expect(await saved.value<number>('count').get('c')).toBe(2);
    expect(await saved.list<string>('lines').get('a')).toEqual(['x', 'y']);
    expect(await saved.map<number, bigint>('places').get('b')).toEqual([[7, 1n]]);
    expect(await saved.value<number>('count').get('z')).toBeUndefined();

    const state = await restored(savepoint);
    state.setCurrentKey('b');
    expect(state.value(valueState<number>('count')).value()).toBe(1);
    expect(state.map(mapState<number, bigint>('places')).get(7)).toBe(1n);
  });

  it('a patch changes what it names, and leaves the rest byte by byte as it was', async () => {
    const home = folder();
    const made = createSavepoint({ maxParallelism });
    for (let key = 0; key < 100; key++) made.operator(operator).value<number>('count').set(key, key);
    const first = await made.write(join(home, 'savepoints/first'));
    const second = await first.patch(join(home, 'savepoints/second'), (patch) => {
      const count = patch.operator<number>(operator).value<number>('count');
      count.set(5, 500);
      count.delete(6);
      count.set(1_000, 1);
      count.update(5, (value = 0) => value + 1);
      patch.operator<number>(operator).reducing<string>('last').set(7, 'seven');
    });
    const values = await all(second.operator<number>(operator).value<number>('count'));
    expect(values).toHaveLength(100);
    const count = second.operator<number>(operator).value<number>('count');
    expect(await Promise.all([5, 6, 7, 1_000].map((key) => count.get(key)))).toEqual([501, undefined, 7, 1]);
    const touched = new Set([5, 6, 7, 1_000].map((key) => keyGroupOf(key, maxParallelism)));
    const bytesOf = async (savepoint: Savepoint) =>
      new Map((await all(savepoint.operator(operator).groups())).map((image) => [image.keyGroup, image.bytes()]));
    const [before, after] = [await bytesOf(first), await bytesOf(second)];
    for (const [group, bytes] of before) if (!touched.has(group)) expect(after.get(group)).toEqual(bytes);
    const state = await restored(second);
    state.setCurrentKey(7);
    expect(state.reducing(reducingState<string>('last', (_, last) => last)).get()).toBe('seven');
  });

  it('operators are renamed and dropped, and states too', async () => {
    const home = folder();
    const made = createSavepoint({ maxParallelism });
    made.operator('a').value<number>('n').set('k', 1);
    made.operator('b').value<number>('n').set('k', 2);
    made.operator('c').value<number>('n').set('k', 3);
    made.operator('c').value<number>('m').set('k', 4);
    const first = await made.write(join(home, 'savepoints/first'));
    const second = await first.patch(join(home, 'savepoints/second'), (patch) => {
      patch.renameOperator('a', 'z');
      patch.dropOperator('b');
      patch.operator('c').dropState('n');
      patch
        .operator('c')
        .value<number>('m')
        .updateAll((value) => value * 10);
    });
    expect(second.operators).toEqual(['z', 'c']);
    expect(await second.operator('z').value<number>('n').get('k')).toBe(1);
    expect(second.operator('c').states.map(({ name }) => name)).toEqual(['m']);
    expect(await second.operator('c').value<number>('m').get('k')).toBe(40);
    await expect(first.patch(join(home, 'savepoints/second'), () => undefined)).rejects.toMatchObject({
      code: 'SAVEPOINT_EXISTS',
    });
    await expect(
      first.patch(join(home, 'savepoints/other'), (patch) => patch.renameOperator('a', 'c')),
    ).rejects.toMatchObject({
      code: 'OPERATOR_EXISTS',
    });
  });

  it('one that nothing was put into is not written', async () => {
    await expect(createSavepoint().write('nowhere/savepoints/none')).rejects.toMatchObject({ code: 'SAVEPOINT_EMPTY' });
  });

  it('what it does not have, and what is of another kind, is refused by name', async () => {
    const made = createSavepoint({ maxParallelism });
    made.operator('a').value<number>('n').set('k', 1);
    const savepoint = await made.write(join(folder(), 'savepoints/first'));
    expect(() => savepoint.operator('x')).toThrow("Operators with state: 'a'.");
    expect(() => savepoint.operator('a').value('m')).toThrow("It has value state 'n'.");
    expect(() => savepoint.operator('a').list('n')).toThrow("State 'n' of operator 'a' is value state");
    const bad = createSavepoint();
    bad.operator('a').value<unknown>('n').set('k', new Date(0));
    await expect(bad.write(join(folder(), 'savepoints/first'))).rejects.toMatchObject({ code: 'STATE_UNSUPPORTED' });
    expect(() => bad.operator('a').value('n').set(null, 1)).toThrow('key is null');
    expect(() => createSavepoint({ maxParallelism: 0 })).toThrow('maxParallelism is 0');
  });

  it('a serializer of the job reads and writes values, and without it they come as it wrote them', async () => {
    class Money {
      constructor(readonly cents: number) {}
    }
    const money = classSerializer(Money, {
      name: 'money',
      encode: ({ cents }) => ({ cents }),
      decode: ({ cents }) => new Money(cents),
    });
    const home = folder();
    const made = createSavepoint({ maxParallelism });
    made.operator('a').value<Money>('balance', { serializer: money }).set('k', new Money(5));
    const savepoint = await made.write(join(home, 'savepoints/first'));
    expect(await savepoint.operator('a').value('balance').get('k')).toEqual({ cents: 5 });
    expect(await savepoint.operator('a').value('balance', { serializer: money }).get('k')).toEqual(new Money(5));
    const second = await savepoint.patch(join(home, 'savepoints/second'), (patch) => {
      patch
        .operator('a')
        .value('balance', { serializer: money })
        .update('k', (before) => new Money((before?.cents ?? 0) + 1));
    });
    expect(await second.operator('a').value('balance', { serializer: money }).get('k')).toEqual(new Money(6));
    const later = { ...money, version: 2 };
    await expect(
      savepoint.patch(
        join(home, 'savepoints/third'),
        (patch) => void patch.operator('a').value('balance', { serializer: later }),
      ),
    ).rejects.toMatchObject({ code: 'SERIALIZER_CHANGED' });
  });

  it('state with a TTL keeps its times', async () => {
    const home = folder();
    const made = createSavepoint({ maxParallelism });
    made.operator(operator).value<number>('n', { ttl: true }).set('k', 1, { touchedMs: 900 });
    const first = await made.write(join(home, 'savepoints/first'));
    expect(await all(first.operator(operator).value('n'))).toEqual([{ key: 'k', value: 1, touchedMs: 900 }]);
    const second = await first.patch(join(home, 'savepoints/second'), (patch) =>
      patch.operator(operator).value('n').set('k', 2),
    );
    expect(await all(second.operator(operator).value('n'))).toEqual([{ key: 'k', value: 2, touchedMs: 900 }]);
    const unknown = first.patch(join(home, 'savepoints/third'), (patch) =>
      patch.operator(operator).value('n').set('new', 2),
    );
    await expect(unknown).rejects.toMatchObject({ code: 'STATE_TIME_MISSING' });
    const state = await restored(second);
    state.setCurrentKey('k');
    expect(state.value(valueState<number>('n', { ttl: { ttlMs: 500 } })).value()).toBe(2);
  });

  it('an image gives the bytes that a job wrote, deltas included', () => {
    const state = heap();
    const count = state.value(valueState<number>('count'));
    const lines = state.list(listState<string>('lines'));
    const timers = state.timers<number>('process/event-time');
    for (let key = 0; key < 200; key++) {
      state.setCurrentKey(key);
      count.update(key);
      lines.add(`line ${key}`);
      timers.set(key, 0);
    }
    const { changed } = written(state.fullSnapshot());
    for (const part of changed) {
      const image = GroupImage.read({ operator, maxParallelism }, imageOf(part));
      expect(image.bytes()).toEqual(part.bytes);
    }
    const base = { epoch: 1, n: 1 };
    const full = new Map(written(state.snapshot(base, null)).changed.map((part) => [part.keyGroup, part]));
    state.setCurrentKey(7);
    count.update(700);
    const next = written(state.snapshot({ epoch: 1, n: 2 }, { checkpoint: base, partBytes: () => [1_000_000] }));
    const delta = next.changed.find(({ kind }) => kind === 'delta');
    const before = full.get(delta?.keyGroup ?? -1);
    if (delta === undefined || before === undefined) throw new Error('nothing was written as a delta');
    const { keyGroup, watermark } = delta;
    const image = GroupImage.read(
      { operator, maxParallelism },
      { keyGroup, watermark, parts: [before.bytes, delta.bytes] },
    );
    expect(image.get(7, 'count')).toEqual({ kind: 'value', value: 700, atMs: null });
    expect(image.bytesOf(7, 'count')).toBeGreaterThan(0);
  });
});
