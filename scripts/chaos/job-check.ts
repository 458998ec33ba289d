import type { CommittedParts } from './committed-parts.js';
import { Fold } from './fold.js';
import type { LedgerRow } from './jobs/ledger.js';
import type { ReadingsRow } from './jobs/readings.js';
import { accountsMax, entryLanes, entryOf, readingOf } from './records.js';

const differencesMax = 10;

/** How one job's rows are held against plain code. */
interface RowRule<Row> {
  readonly folds: readonly Fold[];
  readonly take: (row: Row) => void;
  /** What the row says of its record, beside the folds, is right. */
  readonly isOf: (row: Row) => boolean;
}

/** What one job has committed so far, held against a plain computation of the same: each record once, and every fold right. */
export class JobCheck<Row extends { readonly id: number }> {
  committed = 0;
  private readonly seen: Uint8Array;
  private readonly found: string[] = [];

  constructor(
    readonly job: string,
    readonly records: number,
    readonly parts: CommittedParts,
    private readonly rule: RowRule<Row>,
  ) {
    this.seen = new Uint8Array(records);
  }

  /** Reads what has been committed since the last call. */
  async advance(): Promise<void> {
    await this.parts.readNew((row, part) => this.take(row as Row, part));
  }

  /** For the end of the job. At most a few, in words; empty when each record is committed once, and every fold is right. */
  async differences(): Promise<readonly string[]> {
    await this.advance();
    const differences = [...this.found, ...(await this.parts.differences())];
    if (this.committed !== this.records)
      differences.push(`${this.committed} of ${this.records} records are committed; missing: ${this.firstMissing()} …`);
    for (const fold of this.rule.folds) differences.push(...fold.differences());
    return differences.slice(0, differencesMax).map((text) => `job ${this.job}: ${text}`);
  }

  private take(row: Row, part: string): void {
    const { id } = row;
    if (!(id >= 0 && id < this.records) || !this.rule.isOf(row)) {
      this.differ(`${part} has a row that no record gives: ${JSON.stringify(row)}`);
    } else if (this.seen[id] === 1) this.differ(`record ${id} is committed twice, the second time in ${part}`);
    else {
      this.seen[id] = 1;
      this.committed += 1;
      this.rule.take(row);
    }
  }

  private differ(text: string): void {
    if (this.found.length < differencesMax) this.found.push(text);
  }

  private firstMissing(): string {
    const missing: number[] = [];
    for (let id = 0; id < this.records && missing.length < differencesMax; id += 1)
      if (this.seen[id] === 0) missing.push(id);
    return missing.join(', ');
  }
}

export function ledgerCheck(records: number, parts: CommittedParts): JobCheck<LedgerRow> {
  const one = (): number => 1;
  const amountOf = (id: number): number => entryOf(id).amount;
  const laneOf = (id: number): number => id % entryLanes;
  const account = new Fold(
    { name: 'account', keyOf: (id) => entryOf(id).account, amountOf, order: { laneOf, placeOf: (id) => id } },
    records,
  );
  const desk = new Fold({ name: 'desk', keyOf: (id) => entryOf(id).desk, amountOf: one }, records);
  const visitOf = (id: number): number => entryOf(id).desk * accountsMax + entryOf(id).account;
  // What one account sends to one desk keeps its order on the way.
  const order = { laneOf: () => 0, placeOf: (id: number) => account.countOf(id) };
  const visit = new Fold({ name: 'desk and account', keyOf: visitOf, amountOf: one, order }, records);
  return new JobCheck('ledger', records, parts, {
    folds: [account, desk, visit],
    isOf: (row) => {
      const entry = entryOf(row.id);
      return row.account === entry.account && row.desk === entry.desk && row.amount === entry.amount;
    },
    take: ({ id, count, balance, served, visits }) => {
      account.take(id, count, balance);
      desk.take(id, served, served);
      visit.take(id, visits, visits);
    },
  });
}

export function readingsCheck(records: number, parts: CommittedParts): JobCheck<ReadingsRow> {
  const keyOf = (id: number): number => readingOf(id).sensor;
  const sensor = new Fold({ name: 'sensor', keyOf, amountOf: (id) => readingOf(id).value }, records);
  return new JobCheck('readings', records, parts, {
    folds: [sensor],
    isOf: ({ id, sensor: named }) => named === keyOf(id),
    take: ({ id, readings, sum }) => sensor.take(id, readings, sum),
  });
}
