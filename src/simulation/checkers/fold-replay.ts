import type { JobGraph } from '../../../actors/protocol/job-graph.js';
import { Violation } from '../checker.js';
import {
  type Expected,
  type Fold,
  type JobSpec,
  type KeyTotals,
  type SimRecord,
  sourceUid,
  stageUid,
} from '../jobs/index.js';
import { nextFold } from '../jobs/sim-record.js';

/**
 * Replays each keyed stage from what it put out: the folds of a key are numbered 1 to n, each is there as often as
 * stages behind it copy it, and each follows from the one before. Records of one split and the same keys keep their
 * order where every edge on their way does.
 */
export function checkFolds(
  spec: JobSpec,
  graph: JobGraph,
  totals: Expected['keyed'],
  output: readonly SimRecord[],
): void {
  let level = 0;
  for (const [index, stage] of spec.stages.entries()) {
    if (stage.kind !== 'keyed') continue;
    const uid = stageUid(index);
    const sources = mixesBefore(spec, index) ? [] : [...spec.sources.keys()];
    const ordered = new Set(sources.filter((source) => keepsOrder(graph, sourceUid(source), uid)));
    const copies = copiesBehind(spec, index);
    for (const [key, records] of byKey(output, level)) {
      const total = totals[level]?.get(key);
      replay(`${uid} for ${key}`, { records, level, copies, ordered, total });
    }
    level += 1;
  }
}

/** At least once: each key of a keyed stage has counted as many records as the reference, or more. */
export function checkCounts(spec: JobSpec, totals: Expected['keyed'], output: readonly SimRecord[]): void {
  const stages = [...spec.stages.keys()].filter((stage) => spec.stages[stage]?.kind === 'keyed');
  for (const [level, stage] of stages.entries()) {
    for (const [key, records] of byKey(output, level)) {
      const most = Math.max(...records.map((record) => foldAt(record, level).count));
      const least = totals[level]?.get(key)?.count ?? 0;
      if (most < least)
        throw new Violation(
          'I10',
          `${stageUid(stage)} for ${key} has counted ${most} records and should have ${least}`,
        );
    }
  }
}

interface Replay {
  readonly records: readonly SimRecord[];
  readonly level: number;
  /** How often each fold is put out in the end. */
  readonly copies: number;
  /** Sources whose records reach the stage in the order of their splits. */
  readonly ordered: ReadonlySet<number>;
  /** What the reference has for the key in the end. */
  readonly total: KeyTotals | undefined;
}

function replay(where: string, { records, level, copies, ordered, total }: Replay): void {
  const steps = new Map<number, SimRecord[]>();
  for (const record of records) {
    const { count } = foldAt(record, level);
    const step = steps.get(count);
    if (step === undefined) steps.set(count, [record]);
    else step.push(record);
  }
  const last = new Map<string, SimRecord>();
  let before: Fold | null = null;
  for (let count = 1; count <= steps.size; count += 1) {
    const step = steps.get(count) ?? [];
    const [record] = step;
    if (record === undefined)
      throw new Violation('I10', `${where}: nothing is put out as number ${count} of ${steps.size}`);
    const fold = foldAt(record, level);
    if (step.length !== copies || step.some((each) => !sameFold(foldAt(each, level), fold))) {
      const ids = step.map(({ id }) => id);
      throw new Violation(
        'I10',
        `${where}: number ${count} is put out ${step.length} times and should be ${copies} times`,
        { ids },
      );
    }
    follows(where, before, fold);
    if (ordered.has(record.source)) inOrderOfSplit(where, last, record, level);
    before = fold;
  }
  if (before?.count !== total?.count || before?.sum !== total?.sum) {
    throw new Violation('I10', `${where}: the last fold is not what the reference has`, { last: before, total });
  }
}

/** Counts and chains follow; the sum may grow by anything here, and is held against the reference at the end. */
function follows(where: string, before: Fold | null, fold: Fold): void {
  const value = fold.sum - (before?.sum ?? 0);
  const empty: Fold = { key: fold.key, of: '', count: 0, sum: 0, chain: 0 };
  const expected = nextFold(before ?? empty, { id: fold.of, value, source: 0, split: 0, number: 0, folds: [] });
  if (!sameFold(expected, fold))
    throw new Violation('I10', `${where}: a fold does not follow from the one before`, { before, fold });
}

function inOrderOfSplit(where: string, last: Map<string, SimRecord>, record: SimRecord, level: number): void {
  const keys = record.folds.slice(0, level).map(({ key }) => key);
  const lane = [record.source, record.split, ...keys].join('/');
  const before = last.get(lane);
  if (before !== undefined && !isAfter(foldAt(record, level).of, foldAt(before, level).of)) {
    throw new Violation('I10', `${where}: ${record.id} came after ${before.id}, which is behind it in its split`);
  }
  last.set(lane, record);
}

/** Ids of one split compare by number, then by the copies that were made of them. */
function isAfter(a: string, b: string): boolean {
  const [left, right] = [placesOf(a), placesOf(b)];
  for (const [index, place] of left.entries()) {
    const other = right[index] ?? -1;
    if (place !== other) return place > other;
  }
  return false;
}

const placesOf = (id: string): readonly number[] =>
  id
    .slice(id.lastIndexOf('/') + 1)
    .split('.')
    .map(Number);

function byKey(output: readonly SimRecord[], level: number): ReadonlyMap<string, SimRecord[]> {
  const keys = new Map<string, SimRecord[]>();
  for (const record of output) {
    const { key } = foldAt(record, level);
    const records = keys.get(key);
    if (records === undefined) keys.set(key, [record]);
    else records.push(record);
  }
  return keys;
}

function foldAt({ id, folds }: SimRecord, level: number): Fold {
  const fold = folds[level];
  if (fold === undefined)
    throw new Violation('I10', `record ${id} has passed ${folds.length} keyed stages, and not ${level + 1}`);
  return fold;
}

const sameFold = (a: Fold, b: Fold): boolean =>
  a.key === b.key && a.of === b.of && a.count === b.count && a.sum === b.sum && a.chain === b.chain;

function copiesBehind({ stages }: JobSpec, stage: number): number {
  return stages.slice(stage + 1).reduce((copies, each) => {
    if (each.kind === 'broadcast') return copies * each.parallelism;
    return each.kind === 'flatMap' ? copies * each.copies : copies;
  }, 1);
}

/** Whether a stage ahead of this one puts records out in an order of its own. */
const mixesBefore = ({ stages }: JobSpec, stage: number): boolean =>
  stages.slice(0, stage).some((each) => each.kind === 'hold' || (each.kind === 'async' && !each.ordered));

/**
 * Whether every edge from the source's vertex to that of the operator is `forward` or `hash`, and the only one that leaves its vertex: records
 * that go two ways do not keep their order among each other.
 */
function keepsOrder({ vertices, edges }: JobGraph, source: string, operator: string): boolean {
  const vertexOf = (uid: string): string | undefined =>
    vertices.find(({ operators }) => operators.some((each) => each.uid === uid))?.id;
  const end = vertexOf(operator);
  let at = vertexOf(source);
  while (at !== undefined && at !== end) {
    const [edge, ...others] = edges.filter(({ from }) => from === at);
    if (edge === undefined || others.length > 0 || (edge.partitioner !== 'forward' && edge.partitioner !== 'hash'))
      return false;
    at = edge.to;
  }
  return at !== undefined;
}
