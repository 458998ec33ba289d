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
import { keyGroupsBefore, savepointBlobs } from '../../../actors/protocol/savepoint.js';
import { type DeployDiff, deployDiff, requireReadable } from '../../../src/state-api/deploy-diff.js';

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
    const begin = (allowDroppedState: boolean) => requireReadable(program, savepoint, { clock, allowDroppedState });
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
