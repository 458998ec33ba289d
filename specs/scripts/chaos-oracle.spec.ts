import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CommittedParts } from '../../scripts/chaos/committed-parts.js';
import { ledgerCheck } from '../../scripts/chaos/job-check.js';
import type { LedgerRow } from '../../scripts/chaos/jobs/ledger.js';
import { entryOf } from '../../scripts/chaos/records.js';

const records = 2_000;

/** What the job must commit when its entries take effect in this order. */
function rowsOf(ids: readonly number[]): LedgerRow[] {
  const accounts = new Map<number, { count: number; balance: number }>();
  const served = new Map<number, number>();
  const visits = new Map<string, number>();
  return ids.map((id) => {
    const entry = entryOf(id);
    const { account, desk, amount } = entry;
    const before = accounts.get(account) ?? { count: 0, balance: 0 };
    const after = { count: before.count + 1, balance: before.balance + amount };
    accounts.set(account, after);
    served.set(desk, (served.get(desk) ?? 0) + 1);
    visits.set(`${desk} ${account}`, (visits.get(`${desk} ${account}`) ?? 0) + 1);
    return { ...entry, ...after, served: served.get(desk) ?? 0, visits: visits.get(`${desk} ${account}`) ?? 0 };
  });
}

/** A folder of parts; its check has seen nothing of it. */
function committed(rows: readonly LedgerRow[]) {
  const folder = mkdtempSync(join(tmpdir(), 'weirflow-oracle-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, part: readonly LedgerRow[]): void =>
    writeFileSync(join(folder, name), part.map((row) => `${JSON.stringify(row)}\n`).join(''));
  write('part-rows-0-1.1-0.jsonl', rows.slice(0, rows.length / 2));
  write('part-rows-1-1.1-0.jsonl', rows.slice(rows.length / 2));
  return { folder, write, check: ledgerCheck(records, new CommittedParts(folder)) };
}

const inOrder = Array.from({ length: records }, (_, id) => id);

/** Two records of one account, the second of which comes next after the first there. */
function neighbours(): [number, number] {
  const second = inOrder.find((id) => id > 100 && entryOf(id).account === entryOf(100).account) ?? 0;
  return [100, second];
}

describe('chaos: what is committed, held against plain code', () => {
  it('finds nothing when each record took effect once, in an order that a run may have', async () => {
    const lanes = [2, 0, 3, 1].flatMap((lane) => inOrder.filter((id) => id % 4 === lane));
    for (const order of [inOrder, lanes]) expect(await committed(rowsOf(order)).check.differences()).toEqual([]);
  });

  it('a record is missing', async () => {
    const found = await committed(rowsOf(inOrder).filter(({ id }) => id !== 1_999)).check.differences();
    expect(found).toEqual(['job ledger: 1999 of 2000 records are committed; missing: 1999 …']);
  });

  it('a record is committed again in a later part', async () => {
    const rows = rowsOf(inOrder);
    const { write, check } = committed(rows);
    await check.advance();
    write('part-rows-0-1.2-0.jsonl', rows.slice(0, 1));
    expect(await check.differences()).toEqual([
      'job ledger: record 0 is committed twice, the second time in part-rows-0-1.2-0.jsonl',
    ]);
  });

  it('a record took effect twice in state, though it is committed once', async () => {
    const rows = rowsOf([...inOrder.slice(0, 101), ...inOrder.slice(100)]).filter((_, i) => i !== 100);
    expect((await committed(rows).check.differences())[0]).toMatch(/account \d+: record 100 has count/);
  });

  it('state was taken back: a count comes twice', async () => {
    const [first, second] = neighbours();
    const rows = rowsOf(inOrder);
    const { count, balance } = rows[first] as LedgerRow;
    rows[second] = { ...(rows[second] as LedgerRow), count, balance };
    expect((await committed(rows).check.differences())[0]).toMatch(/job ledger: account \d+: record/);
  });

  it('records of one account and lane took effect in another order', async () => {
    const isNext = (of: number, id: number): boolean =>
      id > of && id % 4 === of % 4 && entryOf(id).account === entryOf(of).account;
    const first = inOrder.find((id) => inOrder.some((next) => isNext(id, next))) ?? 0;
    const second = inOrder.find((id) => isNext(first, id)) ?? 0;
    const order = inOrder.map((id) => (id === first ? second : id === second ? first : id));
    expect((await committed(rowsOf(order)).check.differences())[0]).toMatch(/took effect after a later one/);
  });

  it('a committed part has gone, one has changed, and one is visible that is none', async () => {
    const { folder, write, check } = committed(rowsOf(inOrder));
    await check.advance();
    renameSync(join(folder, 'part-rows-0-1.1-0.jsonl'), join(folder, 'rows.pending'));
    write('part-rows-1-1.1-0.jsonl', []);
    expect(await check.differences()).toEqual([
      'job ledger: rows.pending is visible, and is no committed part',
      'job ledger: part-rows-0-1.1-0.jsonl was committed, and has gone',
      'job ledger: part-rows-1-1.1-0.jsonl was committed, and has changed',
    ]);
  });
});
