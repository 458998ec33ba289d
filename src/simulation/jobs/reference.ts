import { hasInputsApart, type JobSpec, type StageSpec } from './job-spec.js';
import {
  copyOf,
  farewellOf,
  isFirst,
  isKept,
  keyOf,
  keyText,
  mapped,
  type SimRecord,
  sourceRecord,
} from './sim-record.js';
import { afterTimeStage, type Timed } from './time-reference.js';
import { isTimeStage } from './time-spec.js';
import { eventTimeOf } from './timed-record.js';

/** How many records of a split of a source have been read. */
export type Prefix = (source: number, split: number) => number;

/**
 * When the output of a job is known. `atEachCut`: of each record by itself, so that the positions of a checkpoint tell what has come out.
 * `atTheEnd`: what has come out by a checkpoint depends on how far event time was. `conserved`: which records are late depends on the
 * schedule, so that only where each of them is can be looked at.
 */
export type Settled = 'atEachCut' | 'atTheEnd' | 'conserved';

export function settledOf({ stages }: JobSpec): Settled {
  if (stages.some(({ kind }) => kind === 'lateWindow')) return 'conserved';
  return stages.some(isTimeStage) ? 'atTheEnd' : 'atEachCut';
}

/** What a job makes of a prefix of its input, in as far as it does not depend on the order in which records meet. */
export interface Expected {
  /** How often each id is put out; farewells too, which come only when the input has ended. */
  readonly output: ReadonlyMap<string, number>;
  /** By keyed stage, in their order: how many records each key has had, and the sum of their values. */
  readonly keyed: readonly ReadonlyMap<string, KeyTotals>[];
  /** By stage with operator state: how often each id has come to it, or to its broadcast side, and the sum of the values. */
  readonly seen: ReadonlyMap<number, ReadonlyMap<string, KeyTotals>>;
}

export interface KeyTotals {
  readonly count: number;
  readonly sum: number;
}

export const wholeInput: Prefix = () => Number.POSITIVE_INFINITY;

/** A record that lies in the state of a checkpoint ahead of this stage, because an asynchronous one or one that holds records has not put it out. */
export interface UnderWay {
  readonly stage: number;
  readonly record: SimRecord;
}

/** What one record of a source leads to. */
interface Consequence {
  readonly record: SimRecord;
  /** Ahead of the first stage that knows event time, if there is one. */
  readonly passing: readonly SimRecord[];
  /** The event time of all of them. */
  readonly at: number;
  readonly keyed: readonly Counted[];
  readonly seen: readonly Seen[];
}

/** That it has come to a stage with operator state. */
interface Seen {
  readonly stage: number;
  readonly record: SimRecord;
}

/** What a keyed stage counts of it. */
interface Counted {
  readonly level: number;
  readonly key: string;
  readonly value: number;
}

/** Runs a generated job record by record, in one thread and without any engine; once, for all prefixes of its input. */
export class Reference {
  private readonly consequences: readonly Consequence[];
  private readonly levels: number;
  private readonly farewells: readonly string[];
  /** The stages with operator state. */
  private readonly seeing: readonly number[];
  /** The first stage of those that look at records together. */
  private readonly timed: number;

  constructor(private readonly spec: JobSpec) {
    this.levels = spec.stages.filter(({ kind }) => kind === 'keyed').length;
    this.farewells = farewellsOf(spec);
    this.seeing = [...spec.stages.keys()].filter((stage) => hasOperatorState(spec.stages[stage]));
    const timed = spec.stages.findIndex(isTimeStage);
    this.timed = timed < 0 ? spec.stages.length : timed;
    this.consequences = spec.sources.flatMap(({ records, splits }, source) =>
      Array.from({ length: records }, (_, index) => this.consequenceOf(sourceRecord(source, splits, index), splits)),
    );
  }

  /** What `underWay` would lead to has not happened yet. */
  expected(prefix: Prefix, underWay: readonly UnderWay[] = []): Expected {
    const output = new Map<string, number>();
    const keyed = Array.from({ length: this.levels }, () => new Map<string, KeyTotals>());
    const seen = new Map(this.seeing.map((stage) => [stage, new Map<string, KeyTotals>()]));
    const see = (all: readonly Seen[], times: number): void => {
      for (const { stage, record } of all)
        count(seen.get(stage) as Map<string, KeyTotals>, record.id, record.value, times);
    };
    const put = (records: readonly SimRecord[], times: number): void => {
      for (const { id } of records) output.set(id, (output.get(id) ?? 0) + times);
    };
    const tally = (counted: readonly Counted[], times: number): void => {
      for (const { level, key, value } of counted) count(keyed[level] as Map<string, KeyTotals>, key, value, times);
    };
    for (const { record, passing, keyed: counted, seen: each } of this.consequences) {
      if (record.number >= prefix(record.source, record.split)) continue;
      if (this.timed === this.spec.stages.length) put(passing, 1);
      tally(counted, 1);
      see(each, 1);
    }
    for (const { stage, record } of underWay) {
      if (stage > this.timed) continue;
      const { passing, keyed: counted, seen: each } = through(this.spec, [record], stage, this.timed);
      if (this.timed === this.spec.stages.length) put(passing, -1);
      tally(counted, -1);
      see(each, -1);
    }
    if (this.timed < this.spec.stages.length) this.together(this.arrived(prefix), put, tally);
    for (const id of this.farewells) output.set(id, 1);
    return { output, keyed, seen };
  }

  /** What comes to the first stage that knows event time, with its time. */
  arrived(prefix: Prefix): readonly Timed[] {
    const read = this.consequences.filter(({ record }) => record.number < prefix(record.source, record.split));
    return read.flatMap(({ passing, at }) => passing.map((record) => ({ record, at })));
  }

  /** How far the times of the records of any source go. */
  latest(): number {
    return Math.max(...this.consequences.map(({ at }) => at));
  }

  /** From the first stage that knows event time on, stage after stage. */
  private together(
    arrived: readonly Timed[],
    put: (records: readonly SimRecord[], times: number) => void,
    tally: (counted: readonly Counted[], times: number) => void,
  ): void {
    const { spec } = this;
    let passing = arrived;
    let from = this.timed;
    while (from < spec.stages.length) {
      const stage = spec.stages[from];
      if (stage !== undefined && isTimeStage(stage)) {
        const at = from;
        const isOfFirst = (record: SimRecord): boolean =>
          hasInputsApart(spec) && at === 0 ? record.source === 0 : isFirst(record, at);
        passing = afterTimeStage(stage, at, passing, isOfFirst);
        from += 1;
        continue;
      }
      const next = spec.stages.findIndex((each, index) => index > from && isTimeStage(each));
      const to = next < 0 ? spec.stages.length : next;
      passing = passing.flatMap(({ record, at }) => {
        const { passing: out, keyed } = through(spec, [record], from, to);
        tally(keyed, 1);
        return out.map((each) => ({ record: each, at }));
      });
      from = to;
    }
    put(
      passing.map(({ record }) => record),
      1,
    );
  }

  private consequenceOf(record: SimRecord, splits: number): Consequence {
    const { time } = this.spec;
    const at = time === null ? 0 : eventTimeOf(record, time, splits);
    return { record, at, ...through(this.spec, [record], 0, this.timed) };
  }
}

const hasOperatorState = (stage: StageSpec | undefined): boolean => stage?.kind === 'hold' || stage?.kind === 'notes';

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

/** Of records that are about to enter the stage `from`, as they would enter the stage `to`. */
function through(
  { stages }: JobSpec,
  records: readonly SimRecord[],
  from: number,
  to: number,
): Pick<Consequence, 'passing' | 'keyed' | 'seen'> {
  const keyed: Counted[] = [];
  const seen: Seen[] = [];
  let level = stages.slice(0, from).filter(({ kind }) => kind === 'keyed').length;
  let passing = records;
  for (const [index, stage] of stages.entries()) {
    if (index < from || index >= to) continue;
    if (isTimeStage(stage)) throw new Error(`stage ${index} looks at records together`);
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
      case 'hold':
        seen.push(...passing.map((record) => ({ stage: index, record })));
        break;
      case 'notes':
        seen.push(...passing.filter((each) => !isFirst(each, index)).map((record) => ({ stage: index, record })));
        break;
      case 'rebalance':
      case 'farewell':
        break;
    }
  }
  return { passing, keyed, seen };
}

function count(totals: Map<string, KeyTotals>, key: string, value: number, times = 1): void {
  const before = totals.get(key);
  totals.set(key, { count: (before?.count ?? 0) + times, sum: (before?.sum ?? 0) + value * times });
}
