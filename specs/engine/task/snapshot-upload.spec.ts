import { describe, expect, it } from 'vitest';
import { failure } from '../../../actors/protocol/failure.js';
import type { OperatorSnapshot } from '../../../actors/protocol/manifest.js';
import type { PutResult, ReadResult } from '../../../src/ports/blob-store.js';
import { nodeClock } from '../../../src/runtime/world/clock.js';
import { valueState } from '../../../src/state/descriptors.js';
import { createHeapState } from '../../../src/state/heap/heap-state.js';
import { MemoryBlobStore } from '../../../src/storage/memory/memory-blob-store.js';
import { RestoredState } from '../../../src/task/checkpoint/restored-state.js';
import { SnapshotUpload } from '../../../src/task/checkpoint/snapshot-upload.js';
import { StateTables } from '../../../src/task/checkpoint/state-tables.js';
import { SnapshotUnderWay } from '../../../src/task/checkpoint/subtask-snapshot.js';
import { Procedures } from '../../../src/task/operator/procedures.js';
import { MemoryShare } from '../../../src/task/slot/slot-memory.js';

const checkpoint = { epoch: 1, n: 1 };
const blobBytes = 512;
const keys = 400;
const range = { first: 0, last: 31 };
const counts = valueState<string>('counts');
const heap = () => createHeapState({ operator: 'sums', maxParallelism: 32, range, development: false });

/** A store that answers when it is told to. */
class SlowStore {
  readonly waiting: (() => void)[] = [];
  readonly read: string[] = [];
  private readonly below = new MemoryBlobStore((run) => run());

  readonly blobs = {
    put: (name: string, bytes: Uint8Array, done: (result: PutResult) => void): void => {
      this.waiting.push(() => this.below.put(name, bytes, done));
    },
    read: (name: string, done: (result: ReadResult) => void): void => {
      this.read.push(name);
      this.waiting.push(() => this.below.read(name, done));
    },
    create: this.below.create.bind(this.below),
    list: this.below.list.bind(this.below),
    delete: this.below.delete.bind(this.below),
  };

  answerOne(): boolean {
    const next = this.waiting.shift();
    next?.();
    return next !== undefined;
  }
}

function begun(memory: MemoryShare) {
  const store = new SlowStore();
  let woken = 0;
  const wake = (): void => {
    woken += 1;
  };
  const setting = { blobs: store.blobs, clock: nodeClock, timeoutMs: 60_000 };
  const upload = new SnapshotUpload({ ...setting, memory, blobBytes, wake });
  const state = heap();
  for (let key = 0; key < keys; key += 1) {
    state.setCurrentKey(key);
    state.value(counts).update(`value ${key}`);
  }
  state.clearCurrentKey();
  const part = {
    culprit: { uid: 'sums', name: 'Sums' },
    items: [],
    itemsKind: 'operatorList' as const,
    keyed: { state, watermark: 5 },
    tables: null,
  };
  const snapshot = new SnapshotUnderWay([part], checkpoint, { kind: 'savepoint' }, 'jobs/a/part', upload);
  return { store, upload, snapshot, setting, woken: () => woken };
}

describe('snapshots that are larger than the memory they may hold', () => {
  it('leave in several blobs, stand still while too much waits to become durable, and are restored a little at a time', () => {
    const memory = new MemoryShare(2_000);
    const { store, upload, snapshot, setting, woken } = begun(memory);
    let most = 0;
    let blocked = 0;
    for (let progress = snapshot.advance(8); progress !== 'done'; progress = snapshot.advance(8)) {
      most = Math.max(most, memory.usedBytes);
      if (progress !== 'blocked') continue;
      blocked += 1;
      expect(store.answerOne()).toBe(true);
      expect(woken()).toBe(blocked);
    }
    const failures: unknown[] = [];
    upload.finish((failed) => failures.push(failed));
    expect(failures).toEqual([]);
    while (store.answerOne());
    expect(failures).toEqual([null]);
    expect(memory.usedBytes).toBe(0);
    expect(blocked).toBeGreaterThan(3);
    expect(most).toBeLessThan(2_000 + blobBytes);
    const { operators, bytes } = snapshot.taken();
    const [{ keyGroups }] = operators as readonly [OperatorSnapshot];
    const names = new Set(keyGroups.flatMap(({ ranges }) => ranges.map(({ blob }) => blob.name)));
    expect(names.size).toBeGreaterThan(4);
    expect(bytes).toBeGreaterThan(3 * 2_000);

    const restored = new RestoredState({ from: checkpoint, operators, finished: false }, setting, {
      snapshotMemory: memory,
      wake: () => undefined,
    });
    const after = heap();
    const loading = new Procedures();
    loading.begin(restored.loadKeyGroups('sums', after, new StateTables(), function* () {}));
    most = 0;
    while (!loading.advance()) {
      most = Math.max(most, memory.usedBytes);
      expect(store.answerOne()).toBe(true);
    }
    restored.cancel();
    expect(memory.usedBytes).toBe(0);
    expect(most).toBeLessThan(2_000 + 2 * blobBytes);
    expect(store.read.length).toBe(names.size);
    for (let key = 0; key < keys; key += 1) {
      after.setCurrentKey(key);
      expect(after.value(counts).value()).toBe(`value ${key}`);
    }
  });

  it('one that is given up gives back what it held, whatever was on its way', () => {
    const memory = new MemoryShare(2_000);
    const { store, upload, snapshot } = begun(memory);
    while (snapshot.advance(8) !== 'blocked');
    expect(memory.usedBytes).toBeGreaterThan(0);
    snapshot.cancel();
    upload.discard();
    expect(memory.usedBytes).toBe(0);
    while (store.answerOne());
    expect(memory.usedBytes).toBe(0);
  });

  it('a blob that cannot be stored is the failure of the snapshot, even when later ones are durable', () => {
    const { store, upload } = begun(new MemoryShare(2_000));
    const full = failure('STORE_FULL', 'infrastructure', 'No room.');
    store.blobs.put = (name, _bytes, done) =>
      done(name === 'one' ? { outcome: 'failed', failure: full } : { outcome: 'stored' });
    upload.put({ name: 'one', bytes: new Uint8Array(3) });
    upload.put({ name: 'two', bytes: new Uint8Array(3) });
    const failures: unknown[] = [];
    upload.finish((failed) => failures.push(failed));
    expect(failures).toEqual([full]);
  });
});
