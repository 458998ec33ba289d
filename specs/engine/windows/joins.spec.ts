import { describe, expect, it } from 'vitest';
import { defineJob, tumblingEventTimeWindows, WatermarkStrategy } from 'weirflow';
import { fileSink, fileSource, jsonLines } from 'weirflow/connectors/file';
import { checkJob } from 'weirflow/testing';

interface Order {
  readonly customer: string;
  readonly amount: number;
  readonly at: number;
}

interface Visit {
  readonly visitor: string;
  readonly at: number;
}

const sizeMs = 100;
const orders = Array.from({ length: 30 }, (_, n): Order => ({ customer: 'abc'.charAt(n % 3), amount: n, at: n * 17 }));
const visits = Array.from({ length: 24 }, (_, n): Visit => ({ visitor: 'abd'.charAt(n % 3), at: n * 21 }));
const lines = (records: readonly object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const files = { 'orders.jsonl': lines(orders), 'visits.jsonl': lines(visits) };
const windowOf = (at: number): number => Math.floor(at / sizeMs) * sizeMs;

/** Both streams in the same windows, each joined as `how` says. */
const jobOf = (how: 'join' | 'coGroup') =>
  defineJob('joined', (env) => {
    env.setParallelism(2).enableCheckpointing({ intervalMs: 100 });
    const bounded = WatermarkStrategy.forBoundedOutOfOrderness<{ readonly at: number }>(0);
    const read = <T extends { readonly at: number }>(name: string) =>
      env
        .fromSource(fileSource<T>({ path: `${name}.jsonl`, format: 'jsonLines', ratePerSecond: 60 }), { uid: name })
        .assignTimestampsAndWatermarks(bounded.withTimestampAssigner(({ at }) => at))
        .uid(`${name}-times`);
    const joined = read<Order>('orders')
      .keyBy(({ customer }) => customer)
      .join(read<Visit>('visits').keyBy(({ visitor }) => visitor))
      .window(tumblingEventTimeWindows({ sizeMs }));
    const texts =
      how === 'join'
        ? joined.join<string>({
            processElement: ({ amount, at }, visit, { currentKey, window, emit }) =>
              emit(`${currentKey} ${window.start} ${amount} ${at} ${visit.at}`),
          })
        : joined.coGroup<string>({
            process: (first, second, { currentKey, window, emit }) =>
              emit(`${currentKey} ${window.start} ${first.length} ${second.length}`),
          });
    texts
      .uid('joined')
      .map((text) => ({ text }))
      .sinkTo(fileSink({ folder: 'out', format: jsonLines() }))
      .uid('out');
  });

async function textsOf(how: 'join' | 'coGroup'): Promise<readonly string[]> {
  const report = await checkJob({ job: jobOf(how), files, output: 'out', runs: 15 });
  expect(report.crashes).toBeGreaterThan(2);
  return report.lines.map((line) => (JSON.parse(line) as { text: string }).text).sort();
}

describe('two streams in the same windows, under generated failures', () => {
  it('join: each pair of equal key and window once, and nothing of a record without a partner', {
    timeout: 60_000,
  }, async () => {
    const pairs = orders.flatMap(({ customer, amount, at }) =>
      visits
        .filter((visit) => visit.visitor === customer && windowOf(visit.at) === windowOf(at))
        .map((visit) => `${customer} ${windowOf(at)} ${amount} ${at} ${visit.at}`),
    );
    expect(await textsOf('join')).toEqual(pairs.sort());
  });

  it('coGroup: each window of each key once, also where one side has nothing', { timeout: 60_000 }, async () => {
    const groups = new Map<string, [number, number]>();
    const count = (key: string, at: number, side: 0 | 1): void => {
      const group = groups.get(`${key} ${windowOf(at)}`) ?? [0, 0];
      group[side] += 1;
      groups.set(`${key} ${windowOf(at)}`, group);
    };
    for (const { customer, at } of orders) count(customer, at, 0);
    for (const { visitor, at } of visits) count(visitor, at, 1);
    expect([...groups.values()].some(([first, second]) => first === 0 || second === 0)).toBe(true);
    const expected = [...groups].map(([name, [first, second]]) => `${name} ${first} ${second}`);
    expect(await textsOf('coGroup')).toEqual(expected.sort());
  });
});
