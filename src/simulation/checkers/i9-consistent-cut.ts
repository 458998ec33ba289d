import type { CheckpointManifest } from '../../../actors/protocol/manifest.js';
import { valueState } from '../../state/descriptors.js';
import type { KeyedStateBackend } from '../../state/keyed-state.js';
import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import {
  type Expected,
  isFarewell,
  type JobSpec,
  type KeyedStageSpec,
  type KeyTotals,
  Reference,
  type SimRecord,
  settledOf,
  sinkUid,
  specOf,
  stageUid,
} from '../jobs/index.js';
import { foldState, inOrder, seenList, seenMap } from '../jobs/keyed-fold.js';
import { keyAs } from '../jobs/sim-record.js';
import type { StoreEvent } from '../sim-store.js';
import { completedCheckpoint, createdSavepoint, endsLog, idText, isRescaleWish } from './log-entries.js';
import { committablesOf, keyedStateOf, underWayIn } from './manifest-state.js';
import { checkOperatorState } from './operator-state.js';
import { promiseIn, recordsIn, shownIn } from './parts.js';
import { Positions } from './positions.js';

/**
 * I9: a checkpoint is a consistent cut. The reader positions in it give a prefix of each split; the keyed state in it
 * is exactly what the reference makes of these prefixes, but for records that an asynchronous stage holds or one with list state (records and sum of each key); so are
 * its counts in list states, and the broadcast state of each subtask; and all that complete
 * checkpoints have promised to commit are exactly the records that the reference puts out for them. State is read by
 * the code that a restore uses. For generated jobs only. In a job with event time positions do not tell what has come out: there only that what is promised
 * is there is looked at. Which order the records of a key came in is not looked at
 * here; I10 replays it.
 */
export const consistentCut: CheckerFactory = (context) => {
  const spec = specOf(context.record);
  // At least once a cut is not consistent: what comes behind an early barrier is in it.
  return spec === null || spec.atLeastOnce === true ? { invariant: 'I9' } : new ConsistentCut(context, spec);
};

class ConsistentCut implements Checker {
  readonly invariant = 'I9';
  private readonly reference: Reference;
  private readonly positions: Positions;
  /** Every part that a complete checkpoint has promised, and how often it holds each id. */
  private readonly promised = new Set<string>();
  private readonly output = new Map<string, number>();
  /** Then how many subtasks have said farewell follows from nothing that stands in the job. */
  private isRescaled = false;
  /** The job has its result, and leaves no checkpoints. */
  private isOver = false;
  private readonly keyed: readonly {
    readonly stage: KeyedStageSpec;
    readonly uid: string;
    readonly maxParallelism: number;
  }[];

  constructor(
    private readonly context: CheckerContext,
    private readonly spec: JobSpec,
  ) {
    this.reference = new Reference(spec);
    this.positions = new Positions(context, spec);
    // What a job that begins with a savepoint finds there is put out already.
    for (const [path, bytes] of shownIn(context.files)) {
      this.promised.add(path);
      const ids = recordsIn(bytes).map(({ id }) => id);
      for (const id of ids) if (!isFarewell(id)) this.output.set(id, (this.output.get(id) ?? 0) + 1);
    }
    const maxParallelism = new Map(
      context.record.graph.vertices.flatMap((vertex) =>
        vertex.operators.map(({ uid }) => [uid, vertex.maxParallelism] as const),
      ),
    );
    this.keyed = spec.stages.flatMap((stage, index) => {
      const uid = stageUid(index);
      return stage.kind === 'keyed' ? [{ stage, uid, maxParallelism: maxParallelism.get(uid) ?? 1 }] : [];
    });
  }

  store(event: StoreEvent): void {
    this.isRescaled ||= isRescaleWish(event, this.context.record.job);
    this.isOver ||= endsLog(event, this.context.record);
    const savepoint = createdSavepoint(event)?.checkpoint;
    const isAtEachCut = settledOf(this.spec) === 'atEachCut';
    if (savepoint !== undefined && isAtEachCut) this.state(savepoint, this.expectedAt(savepoint));
    const manifest = completedCheckpoint(event, this.context.record.job);
    if (manifest === null || this.isOver) return;
    if (!isAtEachCut) {
      this.positions.at(manifest);
      this.promise(manifest);
      return;
    }
    const expected = this.expectedAt(manifest);
    this.state(manifest, expected);
    this.promise(manifest);
    compareOutput(manifest, expected.output, this.output, this.isRescaled);
  }

  private expectedAt(manifest: CheckpointManifest): Expected {
    return this.reference.expected(this.positions.at(manifest), underWayIn(this.context.store, this.spec, manifest));
  }

  private state(manifest: CheckpointManifest, { keyed, seen }: Expected): void {
    checkOperatorState(this.context, this.spec, manifest, seen);
    for (const [level, { stage, uid, maxParallelism }] of this.keyed.entries()) {
      const state = keyedStateOf(this.context.store, manifest, uid, maxParallelism);
      compareTotals(manifest, uid, keyed[level] as ReadonlyMap<string, KeyTotals>, totalsIn(state, stage));
    }
  }

  private promise(manifest: CheckpointManifest): void {
    const { store, files } = this.context;
    for (const committable of committablesOf(store, manifest, sinkUid)) {
      const part = promiseIn(committable);
      if (part === null || this.promised.has(part.final)) continue;
      this.promised.add(part.final);
      const bytes = files.files.get(part.pending) ?? files.files.get(part.final);
      if (bytes === undefined) {
        throw new Violation(
          'I9',
          `checkpoint ${idText(manifest.id)} promises ${part.final}, and there is no such file`,
          { part },
        );
      }
      for (const { id } of recordsIn(bytes)) this.output.set(id, (this.output.get(id) ?? 0) + 1);
    }
  }
}

const reducedState = valueState<SimRecord>('reduced');

/** What the state of a keyed stage says of each key that has any. */
function totalsIn(state: KeyedStateBackend, stage: KeyedStageSpec): ReadonlyMap<string, KeyTotals> {
  const totals = new Map<string, KeyTotals>();
  const read = readerOf(state, stage.state);
  for (let key = 0; key < stage.keys; key += 1) {
    state.setCurrentKey(keyAs(stage.keyKind, key));
    const found = read();
    if (found !== undefined && found.count > 0) totals.set(`k${key}`, found);
  }
  return totals;
}

function readerOf(state: KeyedStateBackend, kind: KeyedStageSpec['state']): () => KeyTotals | undefined {
  const sumOf = (seen: readonly { readonly value: number }[]): KeyTotals => ({
    count: seen.length,
    sum: seen.reduce((sum, { value }) => sum + value, 0),
  });
  switch (kind) {
    case 'reduce': {
      const reduced = state.value(reducedState);
      return () => reduced.value()?.folds.at(-1);
    }
    case 'value': {
      const fold = state.value(foldState);
      return () => fold.value();
    }
    case 'list': {
      const seen = state.list(seenList);
      return () => sumOf(seen.get());
    }
    case 'map': {
      const seen = state.map(seenMap);
      return () => sumOf(inOrder(seen));
    }
  }
}

function compareTotals(
  manifest: CheckpointManifest,
  uid: string,
  expected: ReadonlyMap<string, KeyTotals>,
  found: ReadonlyMap<string, KeyTotals>,
): void {
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    const should = expected.get(key) ?? nothing;
    const is = found.get(key) ?? nothing;
    if (should.count === is.count && should.sum === is.sum) continue;
    throw new Violation(
      'I9',
      `checkpoint ${idText(manifest.id)} has another state of ${uid} for ${key} than its positions give`,
      {
        expected: should,
        found: { count: is.count, sum: is.sum },
      },
    );
  }
}

const nothing: KeyTotals = { count: 0, sum: 0 };

function compareOutput(
  manifest: CheckpointManifest,
  expected: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, number>,
  isRescaled: boolean,
): void {
  for (const id of new Set([...expected.keys(), ...found.keys()])) {
    const should = expected.get(id) ?? 0;
    const is = found.get(id) ?? 0;
    if (should === is || (isFarewell(id) && (is < should || isRescaled))) continue;
    const what = `promises ${is} of record ${id}, and its positions give ${should}`;
    throw new Violation('I9', `with checkpoint ${idText(manifest.id)} the log ${what}`);
  }
}
