import type { JobSpec, KeyedStageSpec } from './job-spec.js';
import type { SimRecord } from './sim-record.js';
import { copyOf, isKept, keyOf, mapped, sourceRecord } from './sim-record.js';

/** How many records of a split of a source have been read. */
export type Prefix = (source: number, split: number) => number;

/** What a job makes of a prefix of its input, in as far as it does not depend on the order in which records meet. */
export interface Expected {
  /** How often each id is put out. */
  readonly output: ReadonlyMap<string, number>;
  /** By keyed stage, in their order: how many records each key has had, and the sum of their values. */
  readonly keyed: readonly ReadonlyMap<string, KeyTotals>[];
}

export interface KeyTotals {
  readonly count: number;
  readonly sum: number;
}

export const wholeInput: Prefix = () => Number.POSITIVE_INFINITY;

/** Runs a generated job record by record, in one thread and without any engine. */
export function referenceOf(spec: JobSpec, prefix: Prefix): Expected {
  const output = new Map<string, number>();
  const keyed = spec.stages.filter(({ kind }) => kind === 'keyed').map(() => new Map<string, KeyTotals>());
  for (const [source, { records, splits }] of spec.sources.entries()) {
    for (let index = 0; index < records; index += 1) {
      const record = sourceRecord(source, splits, index);
      if (record.number >= prefix(source, record.split)) continue;
      for (const { id } of pass([record], spec, keyed)) output.set(id, (output.get(id) ?? 0) + 1);
    }
  }
  return { output, keyed };
}

function pass(
  records: readonly SimRecord[],
  spec: JobSpec,
  keyed: readonly Map<string, KeyTotals>[],
): readonly SimRecord[] {
  let level = 0;
  let passing = records;
  for (const [index, stage] of spec.stages.entries()) {
    switch (stage.kind) {
      case 'map':
        passing = passing.map((record) => mapped(record, index));
        break;
      case 'filter':
        passing = passing.filter((record) => isKept(record, index, stage.oneIn));
        break;
      case 'flatMap':
        passing = passing.flatMap((record) => Array.from({ length: stage.copies }, (_, copy) => copyOf(record, copy)));
        break;
      case 'broadcast':
        passing = passing.flatMap((record) => new Array<SimRecord>(stage.parallelism).fill(record));
        break;
      case 'keyed':
        for (const record of passing) count(keyed[level] as Map<string, KeyTotals>, record, index, stage);
        level += 1;
        break;
      case 'rebalance':
        break;
    }
  }
  return passing;
}

function count(totals: Map<string, KeyTotals>, record: SimRecord, index: number, stage: KeyedStageSpec): void {
  const key = keyOf(record, index, stage);
  const before = totals.get(key);
  totals.set(key, { count: (before?.count ?? 0) + 1, sum: (before?.sum ?? 0) + record.value });
}
