import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SinkAttempt } from '../../specs/engine/connectors/drive-sink.js';
import { fileSink, lines } from '../../src/connectors/file/index.js';

const seed = 20_261_120;
const subtasksMax = 3;

/** What may happen to a sink. A checkpoint is complete, and the sink hears of it; or complete, and it does not; or given up. */
const event = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('write' as const), records: fc.integer({ min: 1, max: 20 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      { kind: 'committed' as const },
      { kind: 'unheard' as const },
      { kind: 'givenUp' as const },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      parallelism: fc.integer({ min: 1, max: subtasksMax }),
    }),
  },
);

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-sink-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe(`file sink: any crashes and rescales (seed ${seed})`, () => {
  it('what is shown at the end is every record once', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 25, size: 'max' }),
        fc.integer({ min: 1, max: 200 }),
        async (events, rollBytes) => {
          runs += 1;
          const out = join(folder, `${runs}`);
          const sink = fileSink({ folder: out, format: lines(), rollBytes });
          let round = 0;
          let attempts: SinkAttempt<string>[] = [];
          // What the newest complete checkpoint holds: how many records, and the items of all subtasks.
          let complete: { readonly written: number; readonly items: readonly unknown[] } = { written: 0, items: [] };
          let written = 0;
          const start = async (parallelism: number): Promise<void> => {
            round += 1;
            written = complete.written;
            attempts = Array.from(
              { length: parallelism },
              (_, subtask) => new SinkAttempt(sink, { round, subtask, parallelism }),
            );
            // Items are dealt out in turn, so that they come back to other subtasks than they came from.
            const opened = attempts.map((attempt, i) =>
              attempt.open(complete.items.filter((_, item) => item % parallelism === i)),
            );
            expect(await Promise.all(opened)).toEqual(attempts.map(() => null));
          };
          const snapshot = async (): Promise<readonly unknown[]> =>
            (await Promise.all(attempts.map((attempt) => attempt.snapshot()))).flat();
          const commit = async (): Promise<void> => {
            expect(await Promise.all(attempts.map((attempt) => attempt.complete()))).toEqual(attempts.map(() => null));
          };

          await start(2);
          for (const happened of [...events, { kind: 'committed' as const }]) {
            if (happened.kind === 'crash') await start(happened.parallelism);
            else if (happened.kind === 'write') {
              for (let i = 0; i < happened.records; i += 1) {
                attempts[written % attempts.length]?.write(`record ${written}`);
                written += 1;
              }
            } else {
              const items = await snapshot();
              if (happened.kind === 'givenUp') continue;
              complete = { written, items };
              if (happened.kind === 'committed') await commit();
            }
          }
          const names = await readdir(out);
          const parts = names.filter((name) => !name.startsWith('.'));
          const texts = await Promise.all(parts.map((name) => readFile(join(out, name), 'utf8')));
          const shown = texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
          const number = (line: string): number => Number(line.slice('record '.length));
          expect(shown.sort((a, b) => number(a) - number(b))).toEqual(
            Array.from({ length: written }, (_, i) => `record ${i}`),
          );
        },
      ),
      { seed, numRuns: 60 },
    );
  });
});
