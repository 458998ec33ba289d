import { describe, expect, it } from 'vitest';
import { defineJob, tumblingEventTimeWindows, WatermarkStrategy } from 'weirflow';
import { fileSink, fileSource, jsonLines } from 'weirflow/connectors/file';
import { generatorSource } from 'weirflow/connectors/generator';
import { checkJob } from 'weirflow/testing';

interface Point {
  readonly key: string;
  readonly at: number;
  readonly count: number;
}

const points = 80;
const pointOf = (index: number): Point => ({ key: 'ab'.charAt(index % 2), at: index * 10, count: 1 });
const add = (a: Point, b: Point): Point => ({ ...a, at: Math.min(a.at, b.at), count: a.count + b.count });

/** What each window of 100 ms must have counted, whatever order the splits are read in. */
const countsOf = (all: readonly Point[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { key, at } of all) {
    const window = `${key} ${Math.floor(at / 100)}`;
    counts.set(window, (counts.get(window) ?? 0) + 1);
  }
  return counts;
};

const committed = (lines: readonly string[]): ReadonlyMap<string, number> =>
  new Map(
    lines.map((line) => {
      const { key, at, count } = JSON.parse(line) as Point;
      return [`${key} ${Math.floor(at / 100)}`, count];
    }),
  );

describe('Watermarks: a job whose splits are each in order, and all together are not', () => {
  const timeout = 60_000;
  // The bound is 0: a generator over all splits of a reader would make most records late.
  const strategy = WatermarkStrategy.forMonotonousTimestamps<Point>().withTimestampAssigner<Point>(({ at }) => at);

  it('lanes of a generator: no record is late, whatever crashes and whoever reads a split after that', {
    timeout,
  }, async () => {
    const job = defineJob('lanes', (env) => {
      env.setParallelism(2).enableCheckpointing({ intervalMs: 80 }).setAutoWatermarkInterval(20);
      env
        .fromSource(generatorSource({ count: points, splits: 5, generate: pointOf, ratePerSecond: 80 }), { uid: 'in' })
        .map((point) => ({ ...point }))
        .assignTimestampsAndWatermarks(strategy)
        .uid('at')
        .keyBy(({ key }) => key)
        .window(tumblingEventTimeWindows({ sizeMs: 100 }))
        .reduce(add)
        .uid('counts')
        .sinkTo(fileSink({ folder: 'out', format: jsonLines() }))
        .uid('out');
    });
    const report = await checkJob({ job, output: 'out', runs: 30 });
    expect(committed(report.lines)).toEqual(countsOf(Array.from({ length: points }, (_, index) => pointOf(index))));
    expect(report.restored).toBeGreaterThan(5);
  });

  it('files that wait for each other: the same, with splits put aside in the middle', {
    timeout,
  }, async () => {
    const folders = ['left', 'right'] as const;
    const lineOf = (index: number): string => `${JSON.stringify(pointOf(index))}\n`;
    const text = Array.from({ length: points }, (_, index) => lineOf(index)).join('');
    const job = defineJob('files', (env) => {
      env.setParallelism(1).enableCheckpointing({ intervalMs: 80 }).setAutoWatermarkInterval(20);
      const [left, right] = folders.map((path) =>
        env
          .fromSource(
            fileSource<Point>({
              path: `${path}.jsonl`,
              format: 'jsonLines',
              ratePerSecond: path === 'left' ? 200 : 50,
            }),
            { uid: path },
          )
          .assignTimestampsAndWatermarks(strategy.withAlignment('both', 100, 30))
          .uid(`${path}-at`),
      ) as [ReturnType<typeof env.fromSource<Point>>, ReturnType<typeof env.fromSource<Point>>];
      left
        .union(right)
        .keyBy(({ key }) => key)
        .window(tumblingEventTimeWindows({ sizeMs: 100 }))
        .reduce(add)
        .uid('counts')
        .sinkTo(fileSink({ folder: 'out', format: jsonLines() }))
        .uid('out');
    });
    const files = Object.fromEntries(folders.map((path) => [`${path}.jsonl`, text]));
    const report = await checkJob({ job, files, output: 'out', runs: 30 });
    const twice = Array.from({ length: 2 * points }, (_, index) => pointOf(index % points));
    expect(committed(report.lines)).toEqual(countsOf(twice));
    expect(report.restored).toBeGreaterThan(5);
  });
});
