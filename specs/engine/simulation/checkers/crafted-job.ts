import type { CheckpointManifest, KeyGroupSnapshot, OperatorSnapshot } from '../../../../actors/protocol/manifest.js';
import type { CheckerFactory } from '../../../../src/simulation/checker.js';
import {
  type JobSpec,
  jobOf,
  type KeyedStageSpec,
  sinkUid,
  sourceUid,
  stageUid,
} from '../../../../src/simulation/jobs/index.js';
import { foldState } from '../../../../src/simulation/jobs/keyed-fold.js';
import {
  type Fold,
  firstFold,
  keyOf,
  keyText,
  nextFold,
  type SimRecord,
  sourceRecord,
  withFold,
} from '../../../../src/simulation/jobs/sim-record.js';
import { createHeapState } from '../../../../src/state/heap/heap-state.js';
import { written } from '../../state/written.js';
import { CraftedRun, id, run1 } from './crafted-run.js';

const maxParallelism = 4;
const counting: KeyedStageSpec = {
  kind: 'keyed',
  state: 'value',
  keys: 2,
  keyKind: 'text',
  parallelism: 1,
  maxParallelism,
  inputs: 1,
};

/** One split of six records, counted by two keys, written by one sink. */
export const countingSpec: JobSpec = {
  sources: [{ parallelism: 1, splits: 1, records: 6, ratePerSecond: 10 }],
  stages: [counting],
  sink: { parallelism: 1 },
  time: null,
  checkpointIntervalMs: 100,
  checkpointTimeoutMs: 1_000,
  tolerableFailedCheckpoints: 0,
  restartDelayMs: 20,
  bufferTimeoutMs: 1,
};

/**
 * The records that the counting job puts out for the first `count` of its input, in the order in which it reads them.
 */
export const counted = (count: number): readonly SimRecord[] =>
  countedInOrder(Array.from({ length: count }, (_, index) => index));

/** The same, had it taken its records in this order. */
export function countedInOrder(indices: readonly number[]): readonly SimRecord[] {
  const folds = new Map<string, Fold>();
  return indices.map((index) => {
    const record = sourceRecord(0, 1, index);
    const key = keyText(keyOf(record, 0, counting));
    const before = folds.get(key);
    const fold = before === undefined ? firstFold(key, record) : nextFold(before, record);
    folds.set(key, fold);
    return withFold(record, fold);
  });
}

const lines = (records: readonly SimRecord[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

export const finalPath = (number: number): string => `out/part-files-0-1.1-${number}.jsonl`;
export const pendingPath = (number: number): string => `out/.part-files-0-1.1-${number}.sim.pending`;

/** The counting job with what its checkers are told of, made by hand. */
export class CountingRun extends CraftedRun {
  constructor(factory: CheckerFactory) {
    super(factory, jobOf(countingSpec).record);
  }

  /** A part that stands ready to be committed. */
  pending(number: number, records: readonly SimRecord[]): void {
    this.file('create', pendingPath(number), '', lines(records));
  }

  commit(number: number): void {
    this.file('rename', pendingPath(number), finalPath(number));
  }

  /** A checkpoint after `read` records, with the state of the first `folded` of them, that promises these parts. */
  cut(
    n: number,
    { read, folded = read, parts }: { read: number; folded?: number; parts: readonly number[] },
  ): CheckpointManifest {
    const { vertices } = jobOf(countingSpec).record.graph;
    const promises = parts.map((number) => ({ pending: pendingPath(number), final: finalPath(number), bytes: 0 }));
    const splits = read < 6 ? [{ id: 'lane-0', data: { lanes: 1, next: read } }] : [];
    const operators: Readonly<Record<string, OperatorSnapshot>> = {
      [sourceUid(0)]: this.items(`source-${n}`, sourceUid(0), splits),
      [stageUid(0)]: this.keyed(n, folded),
      [sinkUid]: this.items(`sink-${n}`, sinkUid, [{ checkpoint: id(n), committables: promises }]),
    };
    return {
      id: id(n),
      run: run1,
      finished: [],
      enumerators: [{ uid: sourceUid(0), discovered: true, unassigned: [] }],
      subtasks: vertices.map((vertex) => ({
        subtask: `${vertex.id}#0`,
        drained: false,
        operators: vertex.operators.map(({ uid }) => operators[uid] as OperatorSnapshot),
      })),
    };
  }

  private keyed(n: number, folded: number): OperatorSnapshot {
    const range = { first: 0, last: maxParallelism - 1 };
    const state = createHeapState({ operator: stageUid(0), maxParallelism, range, development: false });
    const fold = state.value(foldState);
    for (const record of counted(folded)) {
      const last = record.folds[0] as Fold;
      state.setCurrentKey(last.key);
      fold.update(last);
    }
    const keyGroups = written(state.snapshot(id(n), null)).changed.map(
      ({ keyGroup, watermark, bytes }): KeyGroupSnapshot => ({
        keyGroup,
        watermark,
        ranges: [this.state(`keyed-${n}-${keyGroup}`, bytes)],
      }),
    );
    return { uid: stageUid(0), serializers: state.serializers(), keyGroups, operatorState: null };
  }
}
