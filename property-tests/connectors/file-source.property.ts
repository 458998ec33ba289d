import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DrivenReader, discover, throughStore } from '../../specs/engine/connectors/read-source.js';
import { type AnyOptions, fileSourceWith } from '../../src/connectors/file/file-source.js';
import { csv } from '../../src/connectors/file/index.js';

const seed = 20_261_120;
const numRuns = 150;

/** Where a file is cut, how much of it comes at a time, and after how many records each life of a reader ends. */
const reading = fc.record({
  splitBytes: fc.integer({ min: 1, max: 60 }),
  blockBytes: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 5_000 })),
  recordsMax: fc.integer({ min: 1, max: 9 }),
  lives: fc.array(fc.nat({ max: 12 }), { minLength: 1 }).map((lives) => [...lives, 3]),
});
type Reading = typeof reading extends fc.Arbitrary<infer R> ? R : never;

const lineEnd = fc.constantFrom('\n', '\r\n');
const character = fc.oneof(fc.constantFrom(...'",;{}[]\\ \rä二🜚'), fc.string({ minLength: 1, maxLength: 1 }));
const anyText = fc.string({ unit: character, maxLength: 12 });
const lineText = anyText.map((text) => text.replaceAll(/[\n\r]/g, '.'));

let path = '';
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-source-'));
  path = join(folder, 'input');
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** All records of the file as the source reads them, split by split; each life of a reader goes on from the checkpoint of the one before. */
async function recordsOf(content: string, format: AnyOptions['format'], how: Reading): Promise<unknown[]> {
  await writeFile(path, content);
  // Large contents are cut less finely: what is sought lies at borders, of which there are enough.
  const splitBytes = Math.max(how.splitBytes, Math.ceil(content.length / 10));
  const source = fileSourceWith({ path, format, splitBytes }, Math.max(how.blockBytes, Math.ceil(content.length / 40)));
  const records: unknown[] = [];
  let life = 0;
  for (const split of await discover(source)) {
    let splits = [split];
    while (splits.length > 0) {
      const driven = new DrivenReader(source);
      driven.reader.addSplits(splits);
      driven.reader.noMoreSplits();
      const end = await driven.read(how.recordsMax, how.lives[life % how.lives.length]);
      life += 1;
      splits = driven.reader.snapshot().map(throughStore);
      driven.reader.close();
      if (end === 'failed') throw new Error(driven.failure?.message);
      records.push(...driven.values);
    }
  }
  return records;
}

describe(`file source: any content, splits, blocks and crashes (seed ${seed})`, () => {
  it('lines: the union of the splits is what splitting the whole text gives', async () => {
    const content = fc
      .array(fc.tuple(lineText, lineEnd), { maxLength: 30, size: 'max' })
      .chain((lines) => lineText.map((last) => lines.flat().join('') + last));
    await fc.assert(
      fc.asyncProperty(content, reading, async (text, how) => {
        const lines = text.split('\n');
        if (lines.at(-1) === '') lines.pop();
        const expected = lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
        expect(await recordsOf(text, 'lines', how)).toEqual(expected);
      }),
      { seed, numRuns },
    );
  });

  it('jsonLines: every value is read once and in order', async () => {
    const line = fc.oneof(
      { weight: 5, arbitrary: fc.jsonValue() },
      { weight: 1, arbitrary: fc.constantFrom('', '  ') },
    );
    const blank = new Set<unknown>(['', '  ']);
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 20, size: 'max' }), lineEnd, reading, async (lines, end, how) => {
        const text = lines.map((value) => (blank.has(value) ? value : JSON.stringify(value))).join(end);
        const expected = lines.filter((value) => !blank.has(value)).map((value) => JSON.parse(JSON.stringify(value)));
        expect(await recordsOf(text, 'jsonLines', how)).toEqual(expected);
      }),
      { seed, numRuns },
    );
  });

  it('jsonArray: every element is read once and in order, however it is laid out', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { maxLength: 20, size: 'max' }),
        fc.constantFrom('', ' ', '\r\n\t'),
        reading,
        async (values, space, how) => {
          const text = JSON.stringify(values, null, space) + space;
          expect(await recordsOf(text, 'jsonArray', how)).toEqual(JSON.parse(text));
        },
      ),
      { seed, numRuns },
    );
  });

  it('csv: rows as csv-parse reads them', async () => {
    const field = fc.tuple(anyText, fc.boolean());
    const write = ([text, wantsQuotes]: readonly [string, boolean]): string =>
      wantsQuotes || text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    const rows = fc.array(fc.tuple(field, field, field), { maxLength: 15, size: 'max' });
    await fc.assert(
      fc.asyncProperty(rows, lineEnd, fc.boolean(), reading, async (fields, end, endsWithLine, how) => {
        const lines = ['a,b,"c d"', ...fields.map((row) => row.map(write).join(','))];
        const text = lines.join(end) + (endsWithLine ? end : '');
        const expected: unknown = parse(text, { columns: true, record_delimiter: ['\n', '\r\n'] });
        expect(await recordsOf(text, csv(), how)).toEqual(expected);
      }),
      { seed, numRuns },
    );
  });
});
