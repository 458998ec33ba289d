import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkJob, JobCheckFailure } from 'weirflow/testing';
import { defineJob } from '../../../src/api/job-definition.js';
import { WatermarkStrategy } from '../../../src/api/watermark-strategy.js';
import { tumblingEventTimeWindows } from '../../../src/api/windows.js';
import { fileSink, fileSource, jsonLines, lines } from '../../../src/connectors/file/index.js';
import type { DeadLetter } from '../../../src/operators/error-policy.js';

const root = new URL('../../../', import.meta.url);
const flights = fileURLToPath(new URL('examples/flights.ts', root));
const all = JSON.parse(
  readFileSync(new URL('node_modules/vega-datasets/data/flights-20k.json', root), 'utf8'),
) as object[];
const input = (from: number): string =>
  all
    .slice(from, from + 40)
    .map((flight) => `${JSON.stringify(flight)}\n`)
    .join('');

describe("testing: a user's job on simulated clusters", () => {
  // Twenty-five simulated clusters, each with the job's code loaded anew by every life of a slot.
  const timeout = 60_000;
  it('the flights job, as it stands in its file, commits every flight once under generated failures', {
    timeout,
  }, async () => {
    const report = await checkJob({
      job: flights,
      params: ['--input', 'in', '--output', 'out', '--rate', '40'],
      files: { 'in/a.jsonl': input(0), 'in/b.jsonl': input(40) },
      output: 'out',
      runs: 25,
      // Which flight of an airport is counted first depends on the schedule; which flights are counted does not.
      compare: (disturbed) => {
        const places = disturbed.map((line) => JSON.parse(line) as { file: string; position: number });
        const distinct = new Set(places.map(({ file, position }) => `${file}:${position}`));
        return distinct.size === 80 && places.length === 80
          ? null
          : `${places.length} rows for ${distinct.size} flights`;
      },
    });
    expect(report.lines).toHaveLength(80);
    expect(report.crashes).toBeGreaterThan(5);
    expect(report.restored).toBeGreaterThan(2);
  });

  it('a job whose output depends on when it runs is found out, and the finding repeats', async () => {
    const restless = defineJob('restless', (env) => {
      env.enableCheckpointing({ intervalMs: 100 });
      let calls = 0;
      env
        .fromSource(fileSource({ path: 'in.txt', format: 'lines', ratePerSecond: 40 }), { uid: 'in' })
        // Counts across restarts of the slot in a way that no checkpoint knows of.
        .map((line) => `${line} ${++calls}`)
        .sinkTo(fileSink({ folder: 'out', format: lines() }))
        .uid('out');
    });
    const text = Array.from({ length: 60 }, (_, index) => `line ${index}\n`).join('');
    const options = { job: restless, files: { 'in.txt': text }, output: 'out' };
    const failure = await checkJob({ ...options, runs: 60 }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(JobCheckFailure);
    const { seed, deviations, message } = failure as JobCheckFailure;
    expect(message).toMatch(/^Committed output differs from the undisturbed run/);
    await expect(checkJob({ ...options, seed, deviations })).rejects.toThrow(/Committed output differs/);
  });

  const asking = (ask: (line: string) => Promise<string>) =>
    defineJob('asking', (env) => {
      env.enableCheckpointing({ intervalMs: 100 });
      env
        .fromSource(fileSource({ path: 'in.txt', format: 'lines', ratePerSecond: 40 }), { uid: 'in' })
        .asyncMap(ask, { timeoutMs: 60_000, order: 'unordered', capacity: 4 })
        .uid('answers')
        .sinkTo(fileSink({ folder: 'out', format: lines() }))
        .uid('out');
    });
  const asked = { 'in.txt': Array.from({ length: 60 }, (_, index) => `line ${index}\n`).join('') };

  it('a job with async functions commits every answer once, and its promises settle on virtual time', {
    timeout,
  }, async () => {
    const job = asking(async (line) => {
      const half = await Promise.resolve(line.slice(5));
      return `${await Promise.resolve(half)} answered`;
    });
    const report = await checkJob({ job, files: asked, output: 'out', runs: 20 });
    expect(report.lines).toHaveLength(60);
    expect(report.lines).toContain('59 answered');
    expect(report.restored).toBeGreaterThan(2);
  });

  it('a promise that waits for something outside the simulation is an error that names the operator', async () => {
    const job = asking(() => new Promise<string>(() => undefined));
    await expect(checkJob({ job, files: asked, output: 'out', runs: 1 })).rejects.toThrow(
      /operator 'answers' returned a promise that waits for something outside/,
    );
  });

  it('timers and windows that fail are left out once, with a letter for each, whatever else fails', {
    timeout,
  }, async () => {
    const letterFiles = fileSink<DeadLetter>({ folder: 'rejected', format: jsonLines() });
    const numberOf = (line: string): number => Number(line.slice(5));
    const timed = defineJob('timed', (env) => {
      env.enableCheckpointing({ intervalMs: 100 });
      const numbered = env
        .fromSource(fileSource({ path: 'in.txt', format: 'lines', ratePerSecond: 40 }), { uid: 'in' })
        .map(numberOf)
        .assignTimestampsAndWatermarks(
          WatermarkStrategy.forMonotonousTimestamps<number>().withTimestampAssigner((n) => n),
        )
        .uid('times');
      const fired = numbered
        .keyBy((n) => n % 10)
        .process<string>({
          processElement: (n, { timers }) => timers.setEventTime(n + 5),
          onTimer(timestamp, { emit, currentKey }) {
            emit(`timer ${timestamp}`);
            if (currentKey === 7) throw new Error(`timer ${timestamp} is refused`);
          },
        })
        .uid('timed')
        .onError({ deadLetters: letterFiles });
      const windows = numbered
        .windowAll(tumblingEventTimeWindows({ sizeMs: 10 }))
        .process<string>({
          process(all, { emit, window }) {
            if (window.start === 30) throw new Error('window 30 is refused');
            emit(`window ${window.start} of ${all.length}`);
          },
        })
        .uid('windowed')
        .onError({ deadLetters: letterFiles });
      fired
        .union(windows)
        .sinkTo(fileSink({ folder: 'out', format: lines() }))
        .uid('out');
    });
    const options = { job: timed, files: asked, runs: 25 };
    const report = await checkJob({ ...options, output: 'out' });
    expect(report.restored).toBeGreaterThan(2);
    expect(report.lines.filter((line) => line.startsWith('timer'))).toHaveLength(54);
    expect(report.lines.filter((line) => line.startsWith('window'))).toHaveLength(5);
    const events = [12, 22, 32, 42, 52, 62].map((at) => `timer at ${at}`);
    const compare = (disturbed: readonly string[]): string | null => {
      const letters = disturbed.map((line) => JSON.parse(line) as DeadLetter);
      const found = letters.map(({ origin }) => origin.event).sort();
      return JSON.stringify(found) === JSON.stringify([...events, 'timer at 39'].sort()) ? null : found.join(', ');
    };
    await checkJob({ ...options, seed: 100, output: 'rejected', compare });
  });

  it.each(['a sink', 'a stream'])(
    'dead letters in %s are committed once like any record, whatever fails',
    { timeout },
    async (where) => {
      const letterFiles = fileSink<DeadLetter>({ folder: 'rejected', format: jsonLines() });
      const strict = defineJob('strict', (env) => {
        env.enableCheckpointing({ intervalMs: 100 });
        const checked = env
          .fromSource(fileSource({ path: 'in.txt', format: 'lines', ratePerSecond: 40 }), { uid: 'in' })
          .map((line) => {
            if (line.endsWith('7')) throw new Error(`${line} is refused`);
            return line;
          })
          .uid('strict');
        if (where === 'a sink') checked.onError({ deadLetters: letterFiles });
        else checked.deadLetters().sinkTo(letterFiles).uid('letters');
        checked.sinkTo(fileSink({ folder: 'out', format: lines() })).uid('out');
      });
      const expected = [7, 17, 27, 37, 47, 57].map((n) => `line ${n}`);
      const compare = (disturbed: readonly string[]): string | null => {
        const records = disturbed.map((line) => String((JSON.parse(line) as DeadLetter).record));
        const isRight = records.length === expected.length && expected.every((record) => records.includes(record));
        return isRight ? null : `dead letters of ${records.join(', ')}`;
      };
      const report = await checkJob({ job: strict, files: asked, output: 'rejected', runs: 25, compare });
      expect(report.restored).toBeGreaterThan(2);
      expect(JSON.parse(report.lines[0] as string)).toMatchObject({
        timestamp: null,
        origin: { job: 'strict', operator: 'strict', subtask: 0 },
        error: { name: 'Error', message: expect.stringContaining('is refused') },
      });
    },
  );
});
