import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failure } from '../../../actors/protocol/failure.js';
import { csvRows, fileSink, fileSource, jsonLines, lines } from '../../../src/connectors/file/index.js';
import type { Files } from '../../../src/ports/files.js';
import { nodeFiles } from '../../../src/runtime/world/files.js';
import { realUntil } from '../../contracts/until.js';
import { SinkAttempt } from './drive-sink.js';
import { readAll } from './read-source.js';

/** More than a writer keeps to itself. */
const pieceChars = 200_000;

let folder = '';
let out = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-sink-'));
  out = join(folder, 'out');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const names = async (): Promise<string[]> => (await readdir(out)).sort();
const shown = async (): Promise<string[]> => (await names()).filter((name) => !name.startsWith('.'));
const content = async (): Promise<string> =>
  (await Promise.all((await shown()).map((name) => readFile(join(out, name), 'utf8')))).join('');
const linesSink = (rollBytes = 1_000_000) => fileSink({ folder: out, format: lines(), rollBytes });

describe('file sink: a part becomes visible with its checkpoint', () => {
  it('in progress, pending, final; and a file source reads back what was written', async () => {
    const sink = fileSink<{ id: number; text: string }>({ folder: `${out}/`, format: jsonLines() });
    const attempt = new SinkAttempt(sink, { round: 1 });
    const opening = attempt.open();
    expect(attempt.operator.ready()).toBe(false);
    expect(await opening).toBeNull();
    expect(attempt.operator.ready()).toBe(true);
    const records = [
      { id: 1, text: 'ä\n"' },
      { id: 2, text: '🜚' },
    ];
    attempt.write(...records);
    expect(await names()).toEqual([]);
    await attempt.snapshot();
    expect(await names()).toEqual(['.part-files-0-1.1-0.job.pending']);
    expect(await attempt.complete()).toBeNull();
    expect(await names()).toEqual(['part-files-0-1.1-0.jsonl']);
    expect(await readAll(fileSource({ path: out, format: 'jsonLines' }))).toEqual(records);
  });

  it('a checkpoint without records makes no part', async () => {
    const attempt = new SinkAttempt(linesSink(), { round: 1 });
    await attempt.open();
    expect(await attempt.snapshot()).toEqual([]);
    attempt.write('a');
    await attempt.snapshot();
    expect(await attempt.snapshot()).toHaveLength(1);
    expect(await attempt.complete()).toBeNull();
    expect(await shown()).toEqual(['part-files-0-1.1-0.txt']);
  });

  it('a checkpoint that completes commits what earlier ones, aborted or unheard of, had left pending', async () => {
    const attempt = new SinkAttempt(linesSink(), { round: 1 });
    await attempt.open();
    attempt.write('first');
    await attempt.snapshot();
    attempt.write('second');
    await attempt.snapshot();
    expect(await attempt.complete()).toBeNull();
    expect(await attempt.complete()).toBeNull();
    expect(await content()).toBe('first\nsecond\n');
  });

  it('rolls at rollBytes; every part ends with a record', async () => {
    const attempt = new SinkAttempt(linesSink(100), { round: 1 });
    await attempt.open();
    const written = Array.from({ length: 50 }, (_, i) => `record ${i}`);
    attempt.write(...written);
    await attempt.snapshot();
    await attempt.complete();
    const parts = await shown();
    expect(parts).toHaveLength(5);
    for (const part of parts) expect((await stat(join(out, part))).size).toBeLessThan(120);
    const byNumber = parts.sort((a, b) => Number(/(\d+)\.txt/.exec(a)?.[1]) - Number(/(\d+)\.txt/.exec(b)?.[1]));
    const texts = await Promise.all(byNumber.map((part) => readFile(join(out, part), 'utf8')));
    expect(texts.join('').trim().split('\n')).toEqual(written);
  });

  it('takes no more records while its queue is full, and wakes the task when there is room', async () => {
    const attempt = new SinkAttempt(linesSink(100_000_000), { round: 1 });
    await attempt.open();
    const line = 'x'.repeat(999);
    let written = 0;
    while (attempt.operator.ready()) {
      attempt.write(line);
      written += 1;
    }
    expect(written).toBeGreaterThan(1_000);
    expect(written).toBeLessThan(1_400);
    const { wakes } = attempt;
    await realUntil(() => attempt.operator.ready());
    expect(attempt.wakes).toBeGreaterThan(wakes);
    await attempt.snapshot();
    await attempt.complete();
    expect((await content()).length).toBe(written * 1_000);
  });
});

describe('file sink: restore', () => {
  it('a crash before the checkpoint: nothing of it is ever shown, and nothing is left behind', async () => {
    const first = new SinkAttempt(linesSink(), { round: 1 });
    await first.open();
    first.write('kept one', 'kept two');
    const checkpoint = await first.snapshot();
    await first.complete();
    first.write('lost one', 'lost two');
    await first.snapshot(); // Never completes.
    first.write('x'.repeat(pieceChars));
    await realUntil(() => existsSync(join(out, '.part-files-0-1.1-2.job.inprogress')));
    const second = new SinkAttempt(linesSink(), { round: 2 });
    expect(await second.open(checkpoint)).toBeNull();
    second.write('again one', 'again two');
    await second.snapshot();
    await second.complete();
    expect((await content()).trim().split('\n').sort()).toEqual(['again one', 'again two', 'kept one', 'kept two']);
    expect((await names()).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('an attempt that is cut off from its leader begins a part after the next one has opened: it goes with the first checkpoint', async () => {
    const first = new SinkAttempt(linesSink(), { round: 1 });
    await first.open();
    const second = new SinkAttempt(linesSink(), { round: 2 });
    expect(await second.open()).toBeNull();
    first.write('x'.repeat(pieceChars));
    await realUntil(() => existsSync(join(out, '.part-files-0-1.1-0.job.inprogress')));
    second.write('again');
    await second.snapshot();
    await second.complete();
    expect(await names()).toEqual(['part-files-0-1.2-0.txt']);
  });

  it('a crash between checkpoint and commit: the restored attempt commits', async () => {
    const first = new SinkAttempt(linesSink(), { round: 1 });
    await first.open();
    first.write('a');
    const checkpoint = await first.snapshot();
    const second = new SinkAttempt(linesSink(), { round: 2 });
    expect(await second.open(checkpoint)).toBeNull();
    expect(await content()).toBe('a\n');
    expect(await second.snapshot()).toEqual([]);
  });

  it('a commit that happened already happens no second time', async () => {
    const first = new SinkAttempt(linesSink(), { round: 1 });
    await first.open();
    first.write('a');
    const checkpoint = await first.snapshot();
    await first.complete();
    for (const round of [2, 3]) expect(await new SinkAttempt(linesSink(), { round }).open(checkpoint)).toBeNull();
    expect(await content()).toBe('a\n');
  });

  it.each(['size 0', 'size 1', 'rename 0', 'list 1'])(
    'an earlier attempt that commits right before %s of the restored one does no harm',
    async (moment) => {
      const first = new SinkAttempt(linesSink(), { round: 1 });
      await first.open();
      first.write('a');
      const checkpoint = await first.snapshot();
      const raced = new SinkAttempt(linesSink(), { round: 2, files: interrupted(moment, () => first.complete()) });
      expect(await raced.open(checkpoint)).toBeNull();
      expect(await content()).toBe('a\n');
    },
  );

  it('parallelism changes: no writer clears away what is another one’s to commit', async () => {
    // The committables of subtask 1 come back to subtask 0, which opens last.
    const before = [0, 1, 2].map((subtask) => new SinkAttempt(linesSink(), { round: 1, subtask, parallelism: 3 }));
    const items: unknown[] = [];
    for (const attempt of before) {
      await attempt.open();
      attempt.write('kept');
      items.push(...(await attempt.snapshot()));
      attempt.write('lost');
      await attempt.snapshot();
    }
    const after = [0, 1].map((subtask) => new SinkAttempt(linesSink(), { round: 2, subtask, parallelism: 2 }));
    expect(await after[1]?.open(items.slice(0, 1))).toBeNull();
    expect(await after[0]?.open(items.slice(1))).toBeNull();
    expect(await content()).toBe('kept\nkept\nkept\n');
    for (const attempt of after) await attempt.snapshot();
    expect((await names()).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('lost output of a complete checkpoint fails loudly, and so does one of another size', async () => {
    const first = new SinkAttempt(linesSink(), { round: 1 });
    await first.open();
    first.write('abc');
    const checkpoint = await first.snapshot();
    const pending = join(out, '.part-files-0-1.1-0.job.pending');
    await truncate(pending, 2);
    expect(await new SinkAttempt(linesSink(), { round: 2 }).open(checkpoint)).toMatchObject({
      code: 'COMMITTABLE_LOST',
      retry: 'never',
      message: expect.stringMatching(/pending' has 2 bytes instead of 4/),
    });
    await unlink(pending);
    expect(await new SinkAttempt(linesSink(), { round: 3 }).open(checkpoint)).toMatchObject({
      code: 'COMMITTABLE_LOST',
      message: expect.stringMatching(/neither '.*pending' nor '.*txt' exists/),
    });
    await writeFile(join(out, 'part-files-0-1.1-0.txt'), 'other text');
    expect(await new SinkAttempt(linesSink(), { round: 4 }).open(checkpoint)).toMatchObject({
      message: expect.stringMatching(/txt' has 10 bytes instead of 4/),
    });
  });

  it('a part that vanishes right before it is committed fails loudly', async () => {
    const first = new SinkAttempt(linesSink(), { round: 1 });
    await first.open();
    first.write('abc');
    const checkpoint = await first.snapshot();
    const vanish = () => unlink(join(out, '.part-files-0-1.1-0.job.pending'));
    const restored = new SinkAttempt(linesSink(), { round: 2, files: interrupted('rename 0', vanish) });
    expect(await restored.open(checkpoint)).toMatchObject({ code: 'COMMITTABLE_LOST' });
  });

  it('a disk that fails to rename fails the commit', async () => {
    const first = new SinkAttempt(linesSink(), { round: 1 });
    await first.open();
    first.write('abc');
    const checkpoint = await first.snapshot();
    const failed = failure('FILE_FAILED', 'infrastructure', 'Input/output error');
    const files: Files = {
      ...nodeFiles,
      rename: (_from, _to, done) => setImmediate(() => done({ ok: false, failure: failed })),
    };
    expect(await new SinkAttempt(linesSink(), { round: 2, files }).open(checkpoint)).toEqual(failed);
  });

  it('a file in the way is never replaced', async () => {
    const first = new SinkAttempt(linesSink(), { round: 1 });
    await first.open();
    first.write('abc');
    await first.snapshot();
    await writeFile(join(out, 'part-files-0-1.1-0.txt'), 'xyz\n');
    expect(await first.complete()).toMatchObject({ code: 'COMMITTABLE_BLOCKED', domain: 'user', retry: 'never' });
    expect(await content()).toBe('xyz\n');
  });

  it('a cluster that begins anew in the same folder numbers on', async () => {
    for (const text of ['first', 'second']) {
      const attempt = new SinkAttempt(linesSink(), { round: 1 });
      await attempt.open();
      attempt.write(text);
      await attempt.snapshot();
      expect(await attempt.complete()).toBeNull();
    }
    expect(await content()).toBe('first\nsecond\n');
  });

  it('a job that goes on from a checkpoint of another takes no name of what that one has left to commit', async () => {
    // The run of both has the same number, and its committable goes to another subtask, which comes later.
    const ended = new SinkAttempt(linesSink(), { round: 1, job: 'ended' });
    await ended.open();
    ended.write('theirs');
    const items = await ended.snapshot();
    const [first, second] = [0, 1].map(
      (subtask) => new SinkAttempt(linesSink(), { round: 1, subtask, parallelism: 2 }),
    );
    await first?.open();
    first?.write('ours');
    await first?.snapshot();
    expect(await first?.complete()).toBeNull();
    expect(await second?.open(items)).toBeNull();
    expect(await shown()).toEqual(['part-files-0-1.1-0.txt', 'part-files-0-1.1-1.txt']);
    expect(await content()).toBe('theirs\nours\n');
  });

  it('other jobs, other sinks and other files of the folder are left alone', async () => {
    const others = [
      { round: 1, job: 'other' },
      { round: 1, uid: 'files-0' },
    ].map((options) => new SinkAttempt(linesSink(), options));
    for (const other of others) {
      await other.open();
      other.write('theirs');
      await other.snapshot();
    }
    await writeFile(join(out, '.part-files-0-1.1-0.job.pending.bak'), '');
    const before = await names();
    const attempt = new SinkAttempt(linesSink(), { round: 7 });
    await attempt.open();
    await attempt.snapshot();
    expect(await names()).toEqual(before);
    for (const other of others) expect(await other.complete()).toBeNull();
  });
});

describe('file sink: folder and formats', () => {
  it('a folder that cannot be written fails at once, with the folder, the reason and what to do', async () => {
    const blocked = join(folder, 'a-file');
    await writeFile(blocked, '');
    const failed = await new SinkAttempt(fileSink({ folder: blocked, format: lines() }), { round: 1 }).open();
    expect(failed).toMatchObject({ code: 'SINK_UNWRITABLE', domain: 'user', retry: 'never' });
    expect(failed?.message).toContain(blocked);
    expect(failed?.message).toMatch(/choose another folder/);
  });

  it('names are safe whatever the uid is', async () => {
    const attempt = new SinkAttempt(linesSink(), { round: 1, uid: '../up & away/ü' });
    await attempt.open();
    attempt.write('x');
    await attempt.snapshot();
    expect(await attempt.complete()).toBeNull();
    expect(await shown()).toEqual(['part-..%2Fup%20%26%20away%2F%C3%BC-0-1.1-0.txt']);
  });

  it('csvRows: header in each part, quotes where they are needed, empty for null', async () => {
    interface Row {
      readonly a: string | null;
      readonly b: number | { readonly c: number };
    }
    const sink = fileSink<Row>({ folder: out, format: csvRows({ columns: ['a', 'b'] }) });
    const attempt = new SinkAttempt(sink, { round: 1 });
    await attempt.open();
    attempt.write({ a: 'x,"y"\n', b: 1 }, { a: null, b: { c: 2 } });
    await attempt.snapshot();
    attempt.write({ a: '', b: 3 });
    await attempt.snapshot();
    await attempt.complete();
    const [first, second] = await Promise.all((await shown()).map((name) => readFile(join(out, name), 'utf8')));
    expect(first).toBe('a,b\n"x,""y""\n",1\n,"{""c"":2}"\n');
    expect(second).toBe('a,b\n,3\n');
    const lone = csvRows<Row>({ columns: ['a'], header: false });
    expect(lone.header + lone.encode({ a: null, b: 1 })).toBe('""\n');
  });

  it('what cannot be read back is refused when it is written', () => {
    expect(() => lines().encode('two\nlines')).toThrow('"two\\nlines" is more than one line');
    expect(() => jsonLines<unknown>().encode(undefined)).toThrow('type undefined has no JSON form');
    expect(() => csvRows({ columns: [] })).toThrow('at least one column');
    expect(() => fileSink({ folder: '', format: lines() })).toThrow('folder must name');
    expect(() => fileSink({ folder: out, format: lines(), prefix: '../x' })).toThrow('prefix must be');
    expect(() => fileSink({ folder: out, format: lines(), rollBytes: 0 })).toThrow('rollBytes must be');
  });
});

/** The files of this machine, with something happening right before the named call, `<what> <which one of these>`. */
function interrupted(moment: string, happen: () => Promise<unknown>): Files {
  const seen = new Map<string, number>();
  const before = (what: string, call: () => void): void => {
    const count = seen.get(what) ?? 0;
    seen.set(what, count + 1);
    if (`${what} ${count}` === moment) happen().then(call, call);
    else call();
  };
  return {
    ...nodeFiles,
    list: (path, done) => before('list', () => nodeFiles.list(path, done)),
    size: (path, done) => before('size', () => nodeFiles.size(path, done)),
    rename: (from, to, done) => before('rename', () => nodeFiles.rename(from, to, done)),
  };
}
