import { mkdir, mkdtemp, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { fileSourceWith } from '../../../src/connectors/file/file-source.js';
import { csv, fileSource, type Positioned } from '../../../src/connectors/file/index.js';
import { recordBytesMax } from '../../../src/connectors/file/split-reader.js';
import type { Source } from '../../../src/operators/source.js';
import { DrivenReader, discover, readAll, throughStore } from './read-source.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-source-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function failureOf(source: Source): Promise<{ code: string; message: string }> {
  const driven = new DrivenReader(source);
  driven.reader.addSplits(await discover(source));
  driven.reader.noMoreSplits();
  expect(await driven.read()).toBe('failed');
  driven.reader.close();
  return driven.failure ?? { code: 'none', message: '' };
}

describe('file source: lines', () => {
  it('reads LF and CR LF, empty lines, several bytes a character, and a last line without its end', async () => {
    const path = await file('a.txt', 'one\r\n\n\ttwo zwö 二\nthree 🜚\r\nlast');
    expect(await readAll(fileSource({ path, format: 'lines' }))).toEqual([
      'one',
      '',
      '\ttwo zwö 二',
      'three 🜚',
      'last',
    ]);
  });

  it('splits: each line is read once, wherever the borders fall', async () => {
    const path = await file('a.txt', 'ä\r\nbb\n\nccc\r\n');
    for (let splitBytes = 1; splitBytes < 20; splitBytes += 1) {
      const source = fileSource({ path, format: 'lines', splitBytes });
      expect(await readAll(source), `${splitBytes} bytes a split`).toEqual(['ä', 'bb', '', 'ccc']);
    }
  });

  it('a line may be far longer than a block, but not than a record', async () => {
    const long = 'x'.repeat(3_000_000);
    const path = await file('a.txt', `short\n${long}\nshort\n`);
    expect(await readAll(fileSource({ path, format: 'lines', splitBytes: 100_000 }))).toEqual(['short', long, 'short']);
    const tooLong = await file('b.txt', `first\n${'x'.repeat(recordBytesMax + 1)}\nlast\n`);
    expect(await failureOf(fileSource({ path: tooLong, format: 'lines' }))).toMatchObject({
      code: 'RECORD_MALFORMED',
      message: expect.stringMatching(/line 2, byte 6 .* larger than the 16777216 bytes/),
    });
    const driven = new DrivenReader(fileSource({ path: tooLong, format: 'lines', onMalformed: 'skip' }));
    driven.reader.addSplits(await discover(fileSource({ path: tooLong, format: 'lines' })));
    driven.reader.noMoreSplits();
    expect(await driven.read()).toBe('finished');
    expect(driven.values).toEqual(['first', 'last']);
    expect(driven.skipped).toHaveLength(1);
  });

  it('a byte order mark is no content, and an empty file has no lines', async () => {
    const marked = await file('a.txt', '\ufefffirst\nsecond\n');
    const empty = await file('b.txt', '');
    expect(await readAll(fileSource({ path: [marked, empty], format: 'lines', splitBytes: 2 }))).toEqual([
      'first',
      'second',
    ]);
  });
});

describe('file source: JSON', () => {
  interface Reading {
    readonly at: number;
    readonly text: string;
  }

  it('jsonLines: each line that is not empty is a record, with its time and its place', async () => {
    const path = await file('a.jsonl', '{"at":5,"text":"ä"}\n\n  \n{"at":7,"text":"b"}\r\n');
    const source = fileSource<Reading>({
      path,
      format: 'jsonLines',
      timestamp: ({ at }) => at * 1_000,
      withPosition: true,
    });
    const driven = new DrivenReader(source);
    driven.reader.addSplits(await discover(source));
    driven.reader.noMoreSplits();
    expect(await driven.read()).toBe('finished');
    expect(driven.values).toEqual([
      { file: path, position: 0, value: { at: 5, text: 'ä' } },
      { file: path, position: 25, value: { at: 7, text: 'b' } },
    ]);
    expect(driven.timestamps).toEqual([5_000, 7_000]);
  });

  it('malformed: fails with file, line, byte and cause, or is counted and passed over', async () => {
    const path = await file('a.jsonl', '{"at":1}\n\n{"at":2\n{"at":3}\n');
    const failed = await failureOf(fileSource({ path, format: 'jsonLines' }));
    expect(failed).toMatchObject({ code: 'RECORD_MALFORMED', domain: 'user', retry: 'never' });
    expect(failed.message).toContain(`line 3, byte 10 of '${path}'`);
    expect(failed.message).toMatch(/JSON.*onMalformed: 'skip'/);
    const driven = new DrivenReader(fileSource({ path, format: 'jsonLines', onMalformed: 'skip' }));
    driven.reader.addSplits(await discover(fileSource({ path, format: 'jsonLines' })));
    driven.reader.noMoreSplits();
    expect(await driven.read()).toBe('finished');
    expect(driven.values).toEqual([{ at: 1 }, { at: 3 }]);
    expect(driven.skipped.map(({ code }) => code)).toEqual(['RECORD_MALFORMED']);
  });

  it('timestamp: one that is no time throws, as an error of the job', async () => {
    const path = await file('a.jsonl', '{}\n');
    const source = fileSource<Partial<Reading>>({ path, format: 'jsonLines', timestamp: ({ at }) => Number(at) });
    const driven = new DrivenReader(source);
    driven.reader.addSplits(await discover(source));
    await expect(driven.read()).rejects.toThrow('timestamp() gave NaN');
  });

  it('jsonArray: elements of every kind, with brackets and quotes in strings, at any block size', async () => {
    const elements = [
      { a: '}],[{' },
      [1, [2, '"]']],
      'text \\" , ]',
      '',
      -1.5e3,
      true,
      null,
      7,
      {},
      [],
      '\ud83d\ude00é',
    ];
    const pretty = JSON.stringify(elements, null, 2).replaceAll('\n', '\r\n');
    for (const text of [JSON.stringify(elements), `  ${pretty}\n\n`]) {
      const path = await file('a.json', text);
      for (const blockBytes of [1, 2, 3, 7, 64, 100_000]) {
        const source = fileSourceWith({ path, format: 'jsonArray', withPosition: false }, blockBytes);
        expect(await readAll(source), `${blockBytes} bytes a block`).toEqual(elements);
      }
    }
    expect(await readAll(fileSource({ path: await file('b.json', '\ufeff [ ]\n'), format: 'jsonArray' }))).toEqual([]);
  });

  it('jsonArray: the flights of vega-datasets, as JSON.parse reads them, and each where it says it is', async () => {
    const path = fileURLToPath(new URL('../../../node_modules/vega-datasets/data/flights-20k.json', import.meta.url));
    const source = fileSource({ path, format: 'jsonArray', withPosition: true });
    const records = await readAll(source, 1_000);
    const bytes = await readFile(path);
    expect(records.map(({ value }) => value)).toEqual(JSON.parse(bytes.toString()));
    expect(new Set(records.map(({ position }) => position)).size).toBe(records.length);
    const { position, value } = records[12_345] ?? { position: 0, value: null };
    expect(bytes.toString('utf8', position).startsWith(JSON.stringify(value))).toBe(true);
  });

  it.each([
    ['', /line 1, byte 0 .*ends where the '\[' of an array belongs/],
    ['{"a":1}', /byte 0 .*"\{" stands where the '\[' of an array belongs/],
    ['[1,\n2', /line 2, byte 5 .*ends where ',' or '\]' belongs/],
    ['[1 2]', /byte 3 .*"2" stands where ',' or '\]' belongs/],
    ['[1,]', /byte 3 .*"\]" stands where an element belongs/],
    ['[,1]', /byte 1 .*"," stands where an element or '\]' belongs/],
    ['[1] 2', /byte 4 .*"2" stands where nothing more belongs/],
    ['[1,\n{"a": "x', /line 2, byte 4 .*ends within it/],
  ])('jsonArray: %j is no array, and says so also where records are skipped', async (text, message) => {
    const path = await file('a.json', text);
    const failed = await failureOf(fileSource({ path, format: 'jsonArray', onMalformed: 'skip' }));
    expect(failed.code).toBe('RECORD_MALFORMED');
    expect(failed.message).toMatch(message);
  });

  it('jsonArray: one malformed element can be skipped', async () => {
    const path = await file('a.json', '[1, {"a":}, tru, {"b": 2}]');
    expect(await readAll(fileSource({ path, format: 'jsonArray', onMalformed: 'skip' }))).toEqual([1, { b: 2 }]);
  });
});

describe('file source: CSV', () => {
  interface City {
    readonly name: string;
    readonly people: number;
  }

  it('header, quotes, delimiters and line ends in quotes, casts', async () => {
    const path = await file('a.csv', 'name,people\r\n"Berlin, DE",3800000\n"two\r\nlines ""x""",1\n\n,0');
    const source = fileSource({ path, format: csv<City>({ cast: { people: Number } }) });
    expect(await readAll(source)).toEqual([
      { name: 'Berlin, DE', people: 3_800_000 },
      { name: 'two\r\nlines "x"', people: 1 },
      { name: '', people: 0 },
    ]);
  });

  it('other marks, names instead of a header, and neither', async () => {
    const path = await file('a.csv', "a;'x;y'\nb;z\n");
    const marks = { delimiter: ';', quote: "'", header: false } as const;
    expect(await readAll(fileSource({ path, format: csv({ ...marks, columns: ['k', 'v'] }) }))).toEqual([
      { k: 'a', v: 'x;y' },
      { k: 'b', v: 'z' },
    ]);
    expect(await readAll(fileSource({ path, format: csv<string[]>(marks) }))).toEqual([
      ['a', 'x;y'],
      ['b', 'z'],
    ]);
    expect(
      await readAll(fileSource({ path, format: csv<string[]>({ ...marks, quote: null }), onMalformed: 'fail' })),
    ).toEqual([
      ['a', "'x", "y'"],
      ['b', 'z'],
    ]);
  });

  it.each([
    ['a,b\n1,2,3\n', /line 2, byte 4 .*has 3 fields, but there are 2 columns/],
    ['a,b\n"1"x,2\n', /field 1 goes on behind its closing quote/],
    ['a,b\n\n1,x"y"\n', /line 3, byte 5 .*field 2 has a quote inside/],
    ['a,b\n"1\n2",3\n"open\n', /line 4, byte 12 .*a quoted field is not closed/],
    ['a,a\n1,2\n', /line 1, byte 0 .*two columns 'a'/],
  ])('malformed: %j fails with its place', async (text, message) => {
    const path = await file('a.csv', text);
    const failed = await failureOf(fileSource({ path, format: csv() }));
    expect(failed.code).toBe('RECORD_MALFORMED');
    expect(failed.message).toMatch(message);
  });

  it('malformed: rows are skipped one by one', async () => {
    const path = await file('a.csv', 'a,b\n1\n2,"x"y\n3,z"\n4,ok\n');
    expect(await readAll(fileSource({ path, format: csv(), onMalformed: 'skip' }))).toEqual([{ a: '4', b: 'ok' }]);
  });

  it('options that cannot be meant are refused when the job is written', () => {
    expect(() => csv({ delimiter: ';;' })).toThrow('delimiter must be one printable ASCII character');
    expect(() => csv({ delimiter: '"' })).toThrow('are both');
    expect(() => fileSource({ path: 'x', format: 'lines', splitBytes: 0 })).toThrow('splitBytes must be');
    expect(() => fileSource({ path: 'x', format: 'lines', ratePerSecond: -1 })).toThrow('ratePerSecond must be');
    expect(() => fileSource({ path: [], format: 'lines' })).toThrow('path must name');
  });
});

describe('file source: types', () => {
  it('the stream has the type of its records, with their place when it is asked for', () => {
    interface City {
      readonly name: string;
      readonly people: number;
    }
    const path = 'any';
    expectTypeOf(fileSource({ path, format: 'lines' })).toEqualTypeOf<Source<string>>();
    expectTypeOf(fileSource({ path, format: 'lines', withPosition: true })).toEqualTypeOf<Source<Positioned<string>>>();
    expectTypeOf(fileSource<City>({ path, format: 'jsonLines' })).toEqualTypeOf<Source<City>>();
    expectTypeOf(fileSource({ path, format: csv<City>({ cast: { people: Number } }) })).toEqualTypeOf<Source<City>>();
    // @ts-expect-error Whether records come with their place must be known when the job is written.
    expect(fileSource({ path, format: 'lines', withPosition: Boolean(path) }).name).toBe('file');
  });
});

describe('file source: discovery', () => {
  it('a folder stands for its files, except hidden ones; paths keep their order', async () => {
    await mkdir(join(folder, 'in'));
    for (const name of ['b.txt', 'a.txt', '.part.inprogress']) await file(`in/${name}`, `${name}\n`);
    const alone = await file('alone.txt', 'alone\n');
    const source = fileSource({ path: [alone, `${join(folder, 'in')}/`], format: 'lines' });
    expect(await readAll(source)).toEqual(['alone', 'a.txt', 'b.txt']);
    const ids = (await discover(source)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
  });

  it('a folder without files has no records', async () => {
    await mkdir(join(folder, 'in'));
    await file('in/.hidden', 'x');
    expect(await readAll(fileSource({ path: join(folder, 'in'), format: 'lines' }))).toEqual([]);
  });

  it('what is missing is named, with the working directory', async () => {
    const missing = discover(fileSource({ path: 'no/such/file.csv', format: csv() }));
    await expect(missing).rejects.toThrow(/^FILE_MISSING: .*'no\/such\/file.csv' \(working directory '.+'\)/);
  });

  it('a file that would be read twice is refused', async () => {
    const path = await file('a.txt', 'x');
    await expect(discover(fileSource({ path: [path, folder], format: 'lines' }))).rejects.toThrow(
      /^FILE_TWICE: .*a\.txt/,
    );
  });
});

describe('file source: restore', () => {
  it('several splits are read one after the other, and a checkpoint holds what is left of each', async () => {
    const path = await file('a.txt', Array.from({ length: 40 }, (_, i) => `line ${i}\n`).join(''));
    const source = fileSource({ path, format: 'lines', splitBytes: 64 });
    const first = new DrivenReader(source);
    expect(first.poll(1)).toBe('needsSplit');
    first.reader.addSplits(await discover(source));
    await first.read(3, 17);
    const checkpoint = first.reader.snapshot().map(throughStore);
    first.reader.close();
    const second = new DrivenReader(source);
    second.reader.addSplits(checkpoint);
    expect(await second.read()).toBe('needsSplit');
    second.reader.noMoreSplits();
    expect(await second.read()).toBe('finished');
    expect(second.reader.snapshot()).toEqual([]);
    expect([...first.values, ...second.values]).toEqual(Array.from({ length: 40 }, (_, i) => `line ${i}`));
  });

  it('the line of a malformed record is known also after a restore', async () => {
    const path = await file('a.jsonl', '1\n2\n3\n\n?\n');
    const source = fileSource({ path, format: 'jsonLines' });
    const first = new DrivenReader(source);
    first.reader.addSplits(await discover(source));
    await first.read(1, 2);
    const second = new DrivenReader(source);
    second.reader.addSplits(first.reader.snapshot().map(throughStore));
    first.reader.close();
    expect(await second.read()).toBe('failed');
    expect(second.values).toEqual([3]);
    expect(second.failure?.message).toContain('line 5, byte 7');
  });

  const changes: readonly [string, (path: string) => Promise<void>][] = [
    ['shrank', (path) => truncate(path, 10)],
    ['grew', (path) => writeFile(path, 'more', { flag: 'a' })],
    ['is gone', (path) => unlink(path)],
  ];
  it.each(changes)('a file that %s since its splits were made fails the job', async (_what, change) => {
    const path = await file('a.txt', 'x\n'.repeat(100));
    const source = fileSource({ path, format: 'lines' });
    const first = new DrivenReader(source);
    first.reader.addSplits(await discover(source));
    await first.read(10, 30);
    const checkpoint = first.reader.snapshot().map(throughStore);
    first.reader.close();
    await change(path);
    const second = new DrivenReader(source);
    second.reader.addSplits(checkpoint);
    expect(await second.read()).toBe('failed');
    expect(second.failure).toMatchObject({ code: 'SPLIT_GONE', domain: 'user', retry: 'never' });
    expect(second.failure?.message).toMatch(/a\.txt' cannot be read from byte 60 on/);
  });

  it('data of another kind of source is refused', async () => {
    const path = await file('a.txt', 'x');
    const driven = new DrivenReader(fileSource({ path, format: 'lines' }));
    driven.reader.addSplits([{ id: 'lane-0', data: { lanes: 4, next: 0 } }]);
    expect(await driven.read()).toBe('failed');
    expect(driven.failure?.code).toBe('SPLIT_UNREADABLE');
  });
});

describe('file source: splits that are left out', () => {
  const all = Array.from({ length: 40 }, (_, i) => `line ${i}`);

  it('are put aside in the middle, others are read meanwhile, and no further one is asked for', async () => {
    const path = await file('a.txt', all.map((line) => `${line}\n`).join(''));
    const source = fileSource({ path, format: 'lines', splitBytes: 128 });
    const splits = await discover(source);
    const [first, second] = splits.map(({ id }) => id);
    const driven = new DrivenReader(source, { splitsApart: true });
    driven.reader.addSplits(splits.slice(0, 2));
    await driven.read(3, 5);
    driven.reader.leaveOut?.(new Set([first as string]));
    await driven.read(3, 4);
    expect(driven.splits).toEqual([first, first, second, second]);
    driven.reader.leaveOut?.(new Set([first as string, second as string]));
    expect(driven.reader.poll(3)).toBe('idle');
    const checkpoint = driven.reader.snapshot().map(throughStore);
    driven.reader.close();
    expect(checkpoint.map(({ id }) => id).sort()).toEqual([first, second].sort());

    const after = new DrivenReader(source, { splitsApart: true });
    after.reader.leaveOut?.(new Set([first as string]));
    after.reader.addSplits([...checkpoint, ...splits.slice(2)]);
    after.reader.noMoreSplits();
    const others = splits.slice(2).length;
    await after.readSplits(others + 1);
    expect(after.splits).not.toContain(first);
    expect(after.reader.poll(3)).toBe('idle');
    after.reader.leaveOut?.(new Set());
    expect(await after.read()).toBe('finished');
    after.reader.close();
    expect([...driven.values, ...after.values].sort()).toEqual([...all].sort());
  });
});
