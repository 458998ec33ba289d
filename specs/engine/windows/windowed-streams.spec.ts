import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  buildJob,
  countTrigger,
  defineJob,
  deltaTrigger,
  EngineError,
  type KeyedStream,
  processingTimeoutTrigger,
  type StreamEnvironment,
  sessionEventTimeWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
  WatermarkStrategy,
} from 'weirflow';
import { fileSink, fileSource, jsonLines } from 'weirflow/connectors/file';
import { checkJob } from 'weirflow/testing';

const root = new URL('../../../', import.meta.url);

interface Point {
  readonly key: string;
  readonly at: number;
}

/** What building a job with such windows throws. */
function refusal(write: (points: KeyedStream<Point, string>, env: StreamEnvironment) => unknown) {
  const job = defineJob('job', (env) => {
    write(
      env.fromCollection<Point>([], { uid: 'points' }).keyBy(({ key }) => key),
      env,
    );
  });
  try {
    buildJob(job, []);
  } catch (thrown) {
    if (thrown instanceof EngineError) return thrown.failure;
    throw thrown;
  }
  return expect.fail('it was built');
}

describe('windowed streams: mistakes are named when the job is built', () => {
  it.each([
    [{ sizeMs: 0 }, 'tumblingEventTimeWindows: sizeMs is 0. Give a whole number of at least 1.'],
    [{ sizeMs: 1.5 }, 'tumblingEventTimeWindows: sizeMs is 1.5. Give a whole number of at least 1.'],
    [{ sizeMs: 10, offsetMs: 10 }, 'tumblingEventTimeWindows: offsetMs is 10. Give a whole number from -9 to 9.'],
    [{ sizeMs: 10, offsetMs: -10 }, 'tumblingEventTimeWindows: offsetMs is -10. Give a whole number from -9 to 9.'],
  ])('tumbling windows of %o', (options, message) => {
    expect(refusal((points) => points.window(tumblingEventTimeWindows(options)))).toMatchObject({
      code: 'OPTION_RANGE',
      message,
    });
  });

  it('the offset of sliding windows is less than their slide', () => {
    const failure = refusal(() => slidingEventTimeWindows({ sizeMs: 10, slideMs: 5, offsetMs: 5 }));
    expect(failure.message).toBe('slidingEventTimeWindows: offsetMs is 5. Give a whole number from -4 to 4.');
  });

  it('a trigger that cannot merge is none for sessions', () => {
    for (const trigger of [
      deltaTrigger<Point>({ threshold: 1, delta: (from, to) => to.at - from.at }),
      processingTimeoutTrigger(countTrigger(2), { timeoutMs: 5 }),
    ]) {
      const failure = refusal((points) => points.window(sessionEventTimeWindows({ gapMs: 5 })).trigger(trigger));
      expect(failure).toMatchObject({ code: 'TRIGGER_CANNOT_MERGE', domain: 'user' });
    }
  });

  it('an aggregation without merge is none for sessions', () => {
    const failure = refusal((points) =>
      points
        .window(sessionEventTimeWindows({ gapMs: 5 }))
        .aggregate({ createAccumulator: () => 0, add: (_point, count) => count + 1, getResult: (count) => count }),
    );
    expect(failure).toMatchObject({ code: 'AGGREGATE_CANNOT_MERGE', domain: 'user' });
  });

  it('allowed lateness, counts of triggers and of count windows', () => {
    const windows = (points: KeyedStream<Point, string>) => points.window(tumblingEventTimeWindows({ sizeMs: 5 }));
    expect(refusal((points) => windows(points).allowedLateness(-1)).message).toContain('allowedLateness is -1');
    expect(refusal((points) => windows(points).trigger(countTrigger(0))).message).toContain('countTrigger is 0');
    expect(refusal((points) => points.countWindow(0)).message).toContain('countWindow is 0');
    expect(refusal((points) => points.countWindow(1, 0)).message).toContain('is 0');
  });

  it('windows keep state, and so need a uid', () => {
    const failure = refusal((points) => points.countWindow(2).reduce((a) => a));
    expect(failure.message).toContain('uid');
  });
});

const flights = JSON.parse(
  readFileSync(new URL('node_modules/vega-datasets/data/flights-20k.json', root), 'utf8'),
) as readonly { date: string; delay: number; origin: string }[];

describe('windowed streams under generated failures', () => {
  it('windowed-delays: each airport and day once, whatever crashes', { timeout: 60_000 }, async () => {
    const input = flights.filter((_flight, index) => index % 250 === 0);
    const report = await checkJob({
      job: fileURLToPath(new URL('examples/windowed-delays.ts', root)),
      params: ['--input', 'in', '--output', 'out'],
      files: { 'in/a.jsonl': input.map((flight) => `${JSON.stringify(flight)}\n`).join('') },
      output: 'out/days',
      runs: 15,
    });
    const days = new Set(input.map(({ date, origin }) => `${origin} ${date.slice(0, 10)}`));
    expect(report.lines).toHaveLength(days.size);
    expect(report.crashes).toBeGreaterThan(2);
  });

  it('windows of all kinds, some of them of all records together', { timeout: 60_000 }, async () => {
    const points = Array.from(
      { length: 60 },
      (_, n): Point => ({ key: 'ab'.charAt(n % 2), at: n * 10 - (n % 3) * 15 }),
    );
    const job = defineJob('kinds', (env) => {
      env.setParallelism(2).enableCheckpointing({ intervalMs: 100 });
      const strategy = WatermarkStrategy.forBoundedOutOfOrderness<Point>(50).withTimestampAssigner(({ at }) => at);
      const all = env
        .fromSource(fileSource<Point>({ path: 'in.jsonl', format: 'jsonLines', ratePerSecond: 100 }), { uid: 'in' })
        .assignTimestampsAndWatermarks(strategy)
        .uid('at')
        .map(({ key, at }) => ({ key, at, kind: '', count: 1 }));
      type Counted = { readonly key: string; readonly at: number; readonly kind: string; readonly count: number };
      const add = (a: Counted, b: Counted): Counted => ({ ...a, at: Math.min(a.at, b.at), count: a.count + b.count });
      const byKey = all.keyBy(({ key }) => key);
      const sliding = byKey
        .window(slidingEventTimeWindows({ sizeMs: 100, slideMs: 30 }))
        .reduce(add)
        .uid('sliding');
      const sessions = byKey
        .filter(({ at }) => at % 20 !== 0)
        .keyBy(({ key }) => key)
        .window(sessionEventTimeWindows({ gapMs: 25 }))
        .reduce(add)
        .uid('sessions');
      const together = all
        .windowAll(tumblingEventTimeWindows({ sizeMs: 70, offsetMs: 5 }))
        .reduce(add)
        .uid('together');
      sliding
        .map((counted) => ({ ...counted, kind: 'sliding' }))
        .union(
          sessions.map((counted) => ({ ...counted, kind: 'session' })),
          together.map((counted) => ({ ...counted, key: '', kind: 'all' })),
        )
        .sinkTo(fileSink({ folder: 'out', format: jsonLines() }))
        .uid('out');
    });
    const files = { 'in.jsonl': points.map((point) => `${JSON.stringify(point)}\n`).join('') };
    const report = await checkJob({ job, files, output: 'out', runs: 15 });
    const rows = report.lines.map((line) => JSON.parse(line) as { kind: string; count: number });
    const total = (kind: string): number => rows.reduce((sum, row) => sum + (row.kind === kind ? row.count : 0), 0);
    expect(total('all')).toBe(60);
    expect(total('session')).toBe(points.filter(({ at }) => at % 20 !== 0).length);
    expect(total('sliding')).toBe(
      points.reduce((sum, { at }) => sum + Math.ceil((Math.floor(at / 30) * 30 + 100 - at) / 30), 0),
    );
    expect(report.crashes).toBeGreaterThan(2);
  });
});
