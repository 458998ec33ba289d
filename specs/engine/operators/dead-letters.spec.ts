import { describe, expect, it } from 'vitest';
import { type DeadLetter, type DeepReadonly, defineJob, type JobDefinition } from 'weirflow';
import { exactJsonLines, fileSink, fileSource, jsonLines } from 'weirflow/connectors/file';
import { jsonText, valueOfJson } from 'weirflow/state';
import { checkJob } from 'weirflow/testing';

/** JSON has no form for three of its fields. */
interface Order {
  readonly customer: bigint;
  readonly amount: number;
  readonly rebate: number;
  readonly seal: Uint8Array;
}

const orders = Array.from({ length: 40 }, (_, n): Order => {
  return { customer: BigInt(n % 3), amount: n, rebate: Number.NaN, seal: Uint8Array.of(n, 255) };
});
const lines = (records: readonly unknown[]): string => records.map((record) => `${jsonText(record)}\n`).join('');

/** Refuses amounts from `limit` on: the first version of the job, and the mended one. */
const accepted =
  (limit: number) =>
  ({ customer, amount, rebate, seal }: DeepReadonly<Order>): string => {
    if (amount >= limit) throw new RangeError(`${amount} is too much`);
    return `${typeof customer} ${customer} ${amount} ${rebate} ${seal instanceof Uint8Array} ${seal[0]}`;
  };

const first = defineJob('orders', (env) => {
  env.setParallelism(2).enableCheckpointing({ intervalMs: 100 });
  env
    .fromSource(fileSource<Order>({ path: 'orders.jsonl', format: 'exactJsonLines', ratePerSecond: 60 }), {
      uid: 'orders',
    })
    .keyBy(({ customer }) => customer)
    .process<string>({ processElement: (order, { emit }) => emit(accepted(30)(order)) })
    .onError({ deadLetters: fileSink({ folder: 'letters', format: exactJsonLines() }) })
    .uid('accepted')
    .print();
});

/** Takes the letters of the first as its source. */
const again = defineJob('orders-again', (env) => {
  env.setParallelism(2).enableCheckpointing({ intervalMs: 100 });
  const letters = fileSource<DeadLetter<Order>>({ path: 'letters', format: 'exactJsonLines', ratePerSecond: 60 });
  env
    .fromSource(letters, { uid: 'letters' })
    .flatMap(({ record }) => (record === null ? [] : [record]))
    .map(accepted(100))
    .map((text) => ({ text }))
    .sinkTo(fileSink({ folder: 'out', format: jsonLines() }))
    .uid('out');
});

/** Which run refused a record differs from recovery to recovery; which records are refused does not. */
const sameRecords = (disturbed: readonly string[], undisturbed: readonly string[]): string | null => {
  const [is, should] = [disturbed, undisturbed].map((lines) =>
    lines
      .map((line) => jsonText((valueOfJson(line) as DeadLetter).record))
      .sort()
      .join(),
  );
  return is === should ? null : `${is} in place of ${should}`;
};

const linesOf = async (
  job: JobDefinition,
  files: Readonly<Record<string, string>>,
  output: string,
  compare?: typeof sameRecords,
) => {
  const report = await checkJob({ job, files, output, runs: 10, ...(compare === undefined ? {} : { compare }) });
  expect(report.crashes).toBeGreaterThan(0);
  return report.lines.map(valueOfJson);
};

describe('dead letters', () => {
  it('carry record, key, origin and error, each once whatever fails, and another job takes them as its source', {
    timeout: 60_000,
  }, async () => {
    const letters = (await linesOf(
      first,
      { 'orders.jsonl': lines(orders) },
      'letters',
      sameRecords,
    )) as readonly DeadLetter<Order>[];
    const refused = orders.slice(30);
    expect(letters.map(({ record }) => record?.amount).sort()).toEqual(refused.map(({ amount }) => amount));
    for (const { record, key, origin, error } of letters) {
      expect(key).toBe(record?.customer);
      expect(origin).toMatchObject({ job: 'orders', operator: 'accepted', event: 'record' });
      expect(error).toMatchObject({ name: 'RangeError', message: `${record?.amount} is too much` });
    }
    const texts = (await linesOf(again, { 'letters/part-0': lines(letters) }, 'out')) as readonly { text: string }[];
    expect(texts.map(({ text }) => text).sort()).toEqual(refused.map(accepted(100)).sort());
  });
});
