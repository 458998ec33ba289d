import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  buildJob,
  classSerializer,
  type DeadLetter,
  defineJob,
  type KeyedInstance,
  type KeyedProcessFunction,
  listState,
  mapState,
  type Sink,
  type StateOptions,
  valueState,
} from 'weirflow';
import { createSavepoint, type NewSavepoint } from 'weirflow/state';
import type { CheckpointManifest, OperatorSnapshot } from '../../../actors/protocol/manifest.js';
import { keyGroupsBefore, savepointBlobs } from '../../../actors/protocol/savepoint.js';
import { nodeQueue } from '../../../src/runtime/world/queue.js';
import { type DeployDiff, deployDiff, requireFitting } from '../../../src/state-api/deploy-diff.js';
import { Savepoint } from '../../../src/state-api/savepoint.js';
import { MemoryBlobStore } from '../../../src/storage/memory/memory-blob-store.js';
import { itemsBytes, operatorStateSerializer } from '../../../src/task/checkpoint/plain-items.js';
import { checksumText } from '../../../src/task/checkpoint/subtask-snapshot.js';

const clock = { wallMs: () => 0, monotonicMs: () => 0 };

interface Variant {
  readonly uid?: string;
  readonly maxParallelism?: number;
  readonly letters?: Sink<DeadLetter>;
  readonly open?: (state: KeyedInstance['state']) => void;
}

const job = ({ uid = 'counts', maxParallelism, letters, open = counting() }: Variant) =>
  defineJob('counting', (env) => {
    const counts = env
      .fromCollection(['a', 'b'], { uid: 'words' })
      .keyBy((word) => word)
      .process(new Opening(open))
      .uid(uid);
    if (letters !== undefined) counts.onError({ deadLetters: letters });
    if (maxParallelism !== undefined) counts.setMaxParallelism(maxParallelism);
    counts.collect('counts');
  });

class Opening implements KeyedProcessFunction<string, string, number> {
  constructor(private readonly ask: (state: KeyedInstance['state']) => void) {}
  open({ state }: KeyedInstance): void {
    this.ask(state);
  }
  processElement(): void {
    throw new Error('a diff processes no record');
  }
}

function counting(options: StateOptions<number> = {}): (state: KeyedInstance['state']) => void {
  return (state) => void state(valueState<number>('count', options));
}

async function written(fill: (made: NewSavepoint) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'weirflow-diff-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const made = createSavepoint({ maxParallelism: 16 });
  fill(made);
  return { folder, savepoint: await made.write(join(folder, 'savepoints/kept')) };
}

async function diffOf(variant: Variant, fill: (made: NewSavepoint) => void): Promise<DeployDiff> {
  const { savepoint } = await written(fill);
  return deployDiff(buildJob(job(variant), [], keyGroupsBefore(savepoint.manifest)).program, savepoint, clock);
}

const counts = (made: NewSavepoint): void => made.operator('counts').value<number>('count').set('a', 1);
const of = (diff: DeployDiff, uid: string) => diff.operators.find((each) => each.uid === uid);

/** A savepoint of a job with these operators, which have these items of operator state. */
async function savedItems(
  items: Readonly<Record<string, readonly unknown[]>>,
  { drained = false, ...more }: Partial<CheckpointManifest> & { readonly drained?: boolean } = {},
): Promise<Savepoint> {
  const blobs = new MemoryBlobStore(nodeQueue);
  const operators: OperatorSnapshot[] = [];
  for (const [uid, each] of Object.entries(items)) {
    const bytes = itemsBytes(each);
    const name = `savepoints/kept/1/1-1/${uid}`;
    await new Promise((resolve) => blobs.put(name, bytes, resolve));
    const blob = { name, bytes: bytes.length, checksum: checksumText(bytes) };
    const serializers = [operatorStateSerializer('operatorList')];
    operators.push({ uid, serializers, keyGroups: [], operatorState: { blob, offset: 0, bytes: bytes.length } });
  }
  const checkpoint = {
    id: { epoch: 1, n: 1 },
    run: 1,
    subtasks: [{ subtask: 'v1#0', operators, drained }],
    enumerators: [],
    finished: [],
    ...more,
  };
  const { graph } = buildJob(listing, []).program;
  return new Savepoint(blobs, { format: 1, name: 'kept', request: 'r', job: 'flights', graph, checkpoint });
}

const lists = { subtask: 0, parallelism: 1, lists: [['rows', 'list', [1]]] };
const committable = { checkpoint: { epoch: 1, n: 1 }, committables: [1] };
const split = { id: 'words/0', data: null };

const listing = defineJob('listing', (env) => {
  env
    .fromCollection(['a'], { uid: 'words' })
    .process({ initializeState: ({ listState }) => void listState('rows'), processElement: () => undefined })
    .uid('rows')
    .map((word) => word)
    .uid('plain')
    .collect('out');
});
const both = async (savepoint: Savepoint, allowDroppedState = false) => {
  const { program } = buildJob(listing, []);
  const diff = await deployDiff(program, savepoint, clock);
  const refused = await requireFitting(program, savepoint, { clock, allowDroppedState }).then(
    () => null,
    (error: { code: string; message: string }) => error,
  );
  return { diff, refused };
};

describe('deploy diff: operator state', () => {
  it('fits where the operator of its uid takes it', async () => {
    const { diff, refused } = await both(
      await savedItems({ words: [split], rows: [lists], 'collect-out': [committable] }),
    );
    expect(diff.operators.map(({ uid, verdict }) => [uid, verdict])).toEqual([
      ['words', 'fits'],
      ['rows', 'fits'],
      ['collect-out', 'fits'],
    ]);
    expect(refused).toBeNull();
  });

  it.each([
    ['plain', lists, 'list state'],
    ['plain', split, 'positions of a source'],
    ['rows', committable, 'what a sink had to commit'],
    ['words', lists, 'list state'],
    ['collect-out', lists, 'list state'],
    ['rows', ['rule', 1, 2], 'broadcast state'],
    ['rows', null, 'event time'],
  ])("is dropped, and refused unless that is asked for: '%s' has no such state (%j)", async (uid, item, what) => {
    const savepoint = await savedItems({ [uid]: [item] });
    const { diff, refused } = await both(savepoint);
    expect(diff.verdict).toBe('dropped');
    expect(of(diff, uid)?.notes[0]).toContain(what);
    expect(refused).toMatchObject({ code: 'STATE_UNMATCHED', message: expect.stringMatching(`'${uid}'.*${what}`) });
    expect((await both(savepoint, true)).refused).toBeNull();
  });

  it('splits that nobody reads yet are dropped with the source', async () => {
    const enumerators = [{ uid: 'plain', discovered: true, unassigned: [split] }];
    const { diff } = await both(await savedItems({}, { enumerators }));
    expect(of(diff, 'plain')).toMatchObject({ verdict: 'dropped' });
  });
});

describe('deploy diff: a savepoint with which nobody can go on', () => {
  it.each([
    ['drained', true, {}, 'all input was processed to its end'],
    ['of a job whose input was being stopped', false, { inputStopped: true }, 'nobody would read the rest'],
  ] as const)('%s', async (_, drained, more, why) => {
    const { diff, refused } = await both(await savedItems({ rows: [lists] }, { ...more, drained }));
    expect(diff).toMatchObject({ verdict: 'refused', notes: [expect.stringContaining(why)] });
    expect(refused).toMatchObject({ code: 'SAVEPOINT_DRAINED', message: expect.stringContaining(why) });
  });
});

describe('deploy diff: what becomes of state', () => {
  it('fits, begins empty, and is kept though nobody asks for it', async () => {
    const open = (state: KeyedInstance['state']): void => {
      counting()(state);
      state(listState<string>('lines'));
    };
    const diff = await diffOf({ open }, (made) => {
      counts(made);
      made.operator('counts').value<number>('old').set('a', 1);
    });
    expect(diff.verdict).toBe('fits');
    expect(of(diff, 'counts')?.states).toEqual([
      { state: 'count', kind: 'value', verdict: 'fits', why: '' },
      { state: 'old', kind: 'value', verdict: 'kept', why: 'the code does not ask for it when it opens' },
      { state: 'lines', kind: 'list', verdict: 'new', why: '' },
    ]);
    expect(of(diff, 'words')).toMatchObject({ verdict: 'new', notes: ['begins at its beginning'] });
  });

  it('an operator that is gone is dropped, and one that may be it under another uid is named', async () => {
    const diff = await diffOf({ uid: 'totals' }, counts);
    expect(diff.verdict).toBe('dropped');
    expect(of(diff, 'counts')?.notes).toContain(
      "'counts' is gone, and 'totals' is new and has states of the same names: did you rename it?",
    );
  });

  it.each([
    {
      what: 'another kind',
      open: (state: KeyedInstance['state']) => void state(mapState<string, number>('count')),
      why: 'it is map state in the code',
    },
    {
      what: 'a TTL',
      open: counting({ ttl: { ttlMs: 1 } }),
      why: 'it has a TTL in the code, and none in the savepoint',
    },
    {
      what: 'a serializer that did not write it',
      open: counting({ serializer: { name: 'n', version: 1, encode: (n) => n, decode: (n) => n as number } }),
      why: "was written by no serializer, as plain data, and the code reads it with serializer 'n' version 1",
    },
  ])('refused for $what', async ({ open, why }) => {
    const diff = await diffOf({ open }, counts);
    expect(diff.verdict).toBe('refused');
    expect(of(diff, 'counts')?.states).toEqual([
      { state: 'count', kind: 'value', verdict: 'refused', why: expect.stringContaining(why) },
    ]);
  });

  it('an operator with a sink for its dead letters is looked at like others, and that sink is not opened', async () => {
    const letters = {
      name: 'letters',
      createWriter: () => {
        throw new Error('a diff opens no sink');
      },
    };
    const asked = (state: KeyedInstance['state']) => void state(mapState<string, number>('count'));
    const fits = of(await diffOf({ letters }, counts), 'counts');
    expect(fits).toMatchObject({ verdict: 'fits', states: [{ state: 'count', verdict: 'fits' }] });
    expect(fits?.notes).toContain('what was to be committed is committed again');
    const refused = await diffOf({ letters, open: asked }, counts);
    expect(of(refused, 'counts')).toMatchObject({
      verdict: 'refused',
      states: [{ state: 'count', verdict: 'refused' }],
    });
  });

  it('keyed state of what is a source now is left behind', async () => {
    const diff = await diffOf({}, (made) => {
      counts(made);
      made.operator('words').value<number>('count').set('a', 1);
    });
    expect(diff.verdict).toBe('dropped');
    expect(of(diff, 'words')).toMatchObject({ verdict: 'dropped', states: [{ state: 'count', verdict: 'dropped' }] });
  });

  it('nothing is started with it, unless it may be left behind', async () => {
    const { savepoint } = await written((made) => made.operator('words').value<number>('count').set('a', 1));
    const { program } = buildJob(job({}), [], keyGroupsBefore(savepoint.manifest));
    const begin = (allowDroppedState: boolean) => requireFitting(program, savepoint, { clock, allowDroppedState });
    await expect(begin(false)).rejects.toMatchObject({ code: 'STATE_UNMATCHED' });
    await begin(true);
  });

  it('versions of a serializer are migrated where it reads them, and each value is tried', async () => {
    class Money {
      constructor(readonly cents: number) {}
    }
    const first = classSerializer(Money, {
      name: 'money',
      encode: ({ cents }) => cents,
      decode: (cents) => new Money(cents),
    });
    const second = { ...first, version: 2 };
    const readVersion = (version: number, data: unknown): Money => {
      if (data === 13) throw new Error(`13 of version ${version}`);
      return new Money(data as number);
    };
    const opening = (serializer: typeof first) => (state: KeyedInstance['state']) =>
      void state(valueState('m', { serializer }));
    const fill = (cents: number) => (made: NewSavepoint) =>
      made.operator('counts').value<Money>('m', { serializer: first }).set('a', new Money(cents));
    const without = await diffOf({ open: opening(second) }, fill(1));
    expect(without.verdict).toBe('refused');
    expect(of(without, 'counts')?.states[0]?.why).toContain('give the serializer a readVersion');
    const migrated = await diffOf({ open: opening({ ...second, readVersion }) }, fill(1));
    expect(migrated.verdict).toBe('fits');
    expect(of(migrated, 'counts')?.states[0]?.verdict).toBe('migrated');
    const unread = await diffOf({ open: opening({ ...second, readVersion }) }, fill(13));
    expect(unread.verdict).toBe('refused');
    expect(of(unread, 'counts')?.notes.join()).toContain("state 'm' of operator 'counts'");
  });

  it('another max parallelism is refused, and what open does without state is told', async () => {
    const diff = await diffOf({ maxParallelism: 32 }, counts);
    expect(diff.verdict).toBe('refused');
    expect(of(diff, 'counts')?.notes[0]).toContain('max parallelism is 32 and was 16');
    const failing = await diffOf(
      {
        open: () => {
          throw new Error('no database');
        },
      },
      counts,
    );
    expect(failing.verdict).toBe('fits');
    expect(of(failing, 'counts')?.notes.join()).toContain('no database');
  });

  it('state whose file is damaged or gone is no verdict', async () => {
    const { folder, savepoint } = await written(counts);
    const compare = () => deployDiff(buildJob(job({}), [], { counts: 16 }).program, savepoint, clock);
    const [blob] = savepointBlobs(savepoint.manifest.checkpoint);
    const file = join(folder, blob?.name ?? '');
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(1));
    await expect(compare()).rejects.toMatchObject({ code: 'SAVEPOINT_DAMAGED' });
    rmSync(file);
    await expect(compare()).rejects.toThrow('is missing');
  });
});
