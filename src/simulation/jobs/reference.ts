import type { JobSpec } from './job-spec.js';
import type { SimRecord } from './sim-record.js';
import { copyOf, farewellOf, isKept, keyOf, keyText, mapped, sourceRecord } from './sim-record.js';

/** How many records of a split of a source have been read. */
export type Prefix = (source: number, split: number) => number;

/** What a job makes of a prefix of its input, in as far as it does not depend on the order in which records meet. */
export interface Expected {
  /** How often each id is put out; farewells too, which come only when the input has ended. */
  readonly output: ReadonlyMap<string, number>;
  /** By keyed stage, in their order: how many records each key has had, and the sum of their values. */
  readonly keyed: readonly ReadonlyMap<string, KeyTotals>[];
}

export interface KeyTotals {
  readonly count: number;
  readonly sum: number;
}

export const wholeInput: Prefix = () => Number.POSITIVE_INFINITY;

/** A record that an asynchronous stage holds in a checkpoint: it has come out of the stage before, and not out of this one. */
export interface UnderWay {
  readonly stage: number;
  readonly record: SimRecord;
}

/** What one record of a source leads to. */
interface Consequence {
  readonly record: SimRecord;
  readonly output: readonly string[];
  readonly keyed: readonly { readonly level: number; readonly key: string; readonly value: number }[];
}

/** Runs a generated job record by record, in one thread and without any engine; once, for all prefixes of its input. */
export class Reference {
  private readonly consequences: readonly Consequence[];
  private readonly levels: number;
  private readonly farewells: readonly string[];

  constructor(private readonly spec: JobSpec) {
    this.levels = spec.stages.filter(({ kind }) => kind === 'keyed').length;
    this.farewells = farewellsOf(spec);
    this.consequences = spec.sources.flatMap(({ records, splits }, source) =>
      Array.from({ length: records }, (_, index) => consequenceOf(spec, sourceRecord(source, splits, index))),
    );
  }

  /** What `underWay` would lead to has not happened yet. */
  expected(prefix: Prefix, underWay: readonly UnderWay[] = []): Expected {
    const output = new Map<string, number>();
    const keyed = Array.from({ length: this.levels }, () => new Map<string, KeyTotals>());
    for (const { record, output: ids, keyed: counted } of this.consequences) {
      if (record.number >= prefix(record.source, record.split)) continue;
      for (const id of ids) output.set(id, (output.get(id) ?? 0) + 1);
      for (const { level, key, value } of counted) count(keyed[level] as Map<string, KeyTotals>, key, value);
    }
    for (const { stage, record } of underWay) {
      const { output: ids, keyed: counted } = consequenceOf(this.spec, record, stage);
      for (const id of ids) output.set(id, (output.get(id) ?? 0) - 1);
      for (const { level, key, value } of counted) count(keyed[level] as Map<string, KeyTotals>, key, value, -1);
    }
    for (const id of this.farewells) output.set(id, 1);
    return { output, keyed };
  }
}

/** One for each subtask of the stage, which has the parallelism of what stands before it. */
function farewellsOf({ sources, stages }: JobSpec): readonly string[] {
  let parallelism = sources[0]?.parallelism ?? 0;
  for (const [index, stage] of stages.entries()) {
    if (stage.kind === 'farewell')
      return Array.from({ length: parallelism }, (_, subtask) => farewellOf(index, subtask).id);
    if ('parallelism' in stage) parallelism = stage.parallelism;
  }
  return [];
}

/** Of a record that is about to enter the stage `from`. */
function consequenceOf({ stages }: JobSpec, record: SimRecord, from = 0): Consequence {
  const keyed: Consequence['keyed'][number][] = [];
  let level = stages.slice(0, from).filter(({ kind }) => kind === 'keyed').length;
  let passing: readonly SimRecord[] = [record];
  for (const [index, stage] of stages.entries()) {
    if (index < from) continue;
    switch (stage.kind) {
      case 'map':
      case 'async':
        passing = passing.map((each) => mapped(each, index));
        break;
      case 'filter':
        passing = passing.filter((each) => isKept(each, index, stage.oneIn));
        break;
      case 'flatMap':
        passing = passing.flatMap((each) => Array.from({ length: stage.copies }, (_, copy) => copyOf(each, copy)));
        break;
      case 'broadcast':
        passing = passing.flatMap((each) => Array.from({ length: stage.parallelism }, () => each));
        break;
      case 'keyed': {
        const at = level;
        keyed.push(
          ...passing.map((each) => ({ level: at, key: keyText(keyOf(each, index, stage)), value: each.value })),
        );
        level += 1;
        break;
      }
      case 'rebalance':
      case 'farewell':
        break;
    }
  }
  return { record, output: passing.map(({ id }) => id), keyed };
}

function count(totals: Map<string, KeyTotals>, key: string, value: number, times = 1): void {
  const before = totals.get(key);
  totals.set(key, { count: (before?.count ?? 0) + times, sum: (before?.sum ?? 0) + value * times });
}
