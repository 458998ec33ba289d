import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import {
  type Expected,
  isFarewell,
  type JobSpec,
  outputFolder,
  type Prefix,
  Reference,
  type SimRecord,
  settledOf,
  specOf,
  type UnderWay,
  wholeInput,
} from '../jobs/index.js';
import type { FileEvent } from '../sim-files.js';
import type { StoreEvent } from '../sim-store.js';
import { checkCounts, checkFolds } from './fold-replay.js';
import { checkLateRecords } from './late-records.js';
import { completedCheckpoint, createdResult, endsLog, isRescaleWish, isStopWish, stopWithWish } from './log-entries.js';
import { underWayIn } from './manifest-state.js';
import { committedPath, isShown, recordsIn, shownIn } from './parts.js';
import { Positions } from './positions.js';

/**
 * I10: what a job has put out is what the reference makes of its whole input, each record as often, no more at any
 * commit and no less at the end; and every fold that a keyed stage put out follows from the fold before it, in the
 * order in which the stage took the records, which is the order of each split wherever the edges keep it. A file that
 * was shown once is never changed, replaced or removed. What a job that was stopped has put out is, in the same way, what
 * the reference makes of a prefix of each split: of what it had read at its last checkpoint. One that begins with a savepoint is held against its
 * whole input, with what stood there when it began. Where records may be late, each of them is where it belongs. A job whose checkpoints are
 * at-least-once may put a record out more often, and may count it in its folds again, never less often; it puts out none that the reference does not, and misses none. Of a job that
 * was canceled only what is too much is looked at. For generated jobs only, and only once their result is durable.
 */
export const exactlyOnce: CheckerFactory = (context) => {
  const spec = specOf(context.record);
  return spec === null ? { invariant: 'I10' } : new ExactlyOnce(context, spec);
};

class ExactlyOnce implements Checker {
  readonly invariant = 'I10';
  private readonly reference: Reference;
  private readonly positions: Positions;
  /** What it puts out when it is not stopped; null where that depends on the schedule. */
  private readonly expected: Expected | null;
  private prefix: Prefix = wholeInput;
  private underWay: readonly UnderWay[] = [];
  /** The job has its result, and leaves no checkpoints. */
  private isOver = false;
  private isStopped = false;
  private isDrained = true;
  private saysFarewell: boolean;
  /** Then how many subtasks say farewell follows from nothing that stands in the job. */
  private isRescaled = false;
  /** It ended with a savepoint in the middle of its input: windows that were open then are in the savepoint. */
  private isMidway = false;
  private readonly output = new Map<string, number>();
  private readonly shown = new Map<string, Uint8Array>();
  private outcome: string | null = null;

  constructor(
    private readonly context: CheckerContext,
    private readonly spec: JobSpec,
  ) {
    this.reference = new Reference(spec);
    this.positions = new Positions(context, spec);
    this.expected = settledOf(spec) === 'conserved' ? null : this.reference.expected(wholeInput);
    // What had finished before may have said so already, and not again.
    this.saysFarewell = context.record.from === undefined;
    for (const [path, bytes] of shownIn(context.files)) {
      this.shown.set(path, bytes);
      for (const record of recordsIn(bytes)) if (!isFarewell(record.id)) this.commit(record, path);
    }
  }

  store(event: StoreEvent): void {
    this.isOver ||= endsLog(event, this.context.record);
    const manifest = completedCheckpoint(event, this.context.record.job);
    if (manifest !== null && !this.isOver) {
      this.prefix = this.positions.at(manifest);
      this.underWay = underWayIn(this.context.store, this.spec, manifest);
    }
    this.isRescaled ||= isRescaleWish(event, this.context.record.job);
    if (isStopWish(event, this.context.record.job)) {
      this.isStopped = true;
      this.isDrained = stopWithWish(event, this.context.record.job)?.drain ?? true;
    }
    const result = createdResult(event, this.context.record.job);
    if (result === null) return;
    this.outcome = result.outcome;
    // Some operators may have finished then and others not.
    this.isMidway = result.savepoint !== undefined && !this.isDrained;
    if (this.isMidway) this.saysFarewell = false;
    if (result.outcome !== 'finished' && result.outcome !== 'canceled') {
      throw new Violation('I10', `the job has ${result.outcome}, and nothing but faults that pass was against it`, {
        result,
      });
    }
  }

  file(event: FileEvent): void {
    const { path, kind, process, life } = event;
    if (this.shown.has(path))
      throw new Violation('I10', `${path} was shown, and a ${kind} took it away`, { process, life });
    const committed = committedPath(event);
    if (committed === null) {
      if (isShown(path) && path.startsWith(`${outputFolder}/`))
        throw new Violation('I10', `a ${kind} showed ${path} uncommitted`);
      return;
    }
    const before = this.shown.get(committed);
    if (before !== undefined)
      throw new Violation('I10', `${committed} was shown, and a ${kind} replaced it`, { process, life });
    const bytes = this.context.files.files.get(committed) as Uint8Array;
    this.shown.set(committed, bytes);
    for (const record of recordsIn(bytes)) this.commit(record, committed);
  }

  ended(): void {
    this.unchanged();
    // What a job that was canceled has put out is where it stood; that it was wanted, I26 says.
    if (this.outcome === null || this.outcome === 'canceled') return;
    if (this.isMidway && settledOf(this.spec) !== 'atEachCut') return;
    const records = [...this.shown.values()].flatMap(recordsIn).filter(({ id }) => !isFarewell(id));
    if (this.expected === null) {
      checkLateRecords(this.spec, this.reference, this.isStopped ? this.prefix : wholeInput, records);
      return;
    }
    const expected = this.isStopped ? this.reference.expected(this.prefix, this.underWay) : this.expected;
    for (const id of new Set([...expected.output.keys(), ...this.output.keys()])) {
      const is = this.output.get(id) ?? 0;
      const times = expected.output.get(id) ?? 0;
      if (isFarewell(id) && (this.isRescaled || (!this.saysFarewell && is <= 1))) continue;
      if (this.spec.atLeastOnce === true ? is < times : is !== times)
        throw new Violation('I10', `the output has record ${id} ${is} times and should have it ${times} times`);
    }
    if (this.spec.atLeastOnce === true) {
      if (!this.isMidway) checkCounts(this.spec, expected.keyed, records);
      return;
    }
    // What an asynchronous stage holds in the savepoint has been folded, and has not come out.
    if (this.isMidway && this.underWay.length > 0) return;
    const { graph } = this.context.record;
    checkFolds(this.spec, graph, expected.keyed, records);
  }

  private commit({ id }: SimRecord, path: string): void {
    const times = (this.output.get(id) ?? 0) + 1;
    this.output.set(id, times);
    // A window that a stop ends early holds less than it would have.
    if (this.expected === null || (this.isStopped && this.isDrained && settledOf(this.spec) === 'atTheEnd')) return;
    const most = this.expected.output.get(id) ?? 0;
    const mayRepeat = (this.isRescaled && isFarewell(id)) || (this.spec.atLeastOnce === true && most > 0);
    if (times > most && !mayRepeat)
      throw new Violation('I10', `record ${id} was committed ${times} times and may be ${most} times`, { path });
  }

  private unchanged(): void {
    for (const [path, bytes] of this.shown) {
      if (this.context.files.files.get(path) !== bytes)
        throw new Violation('I10', `${path} has changed since it was shown`);
    }
  }
}
