import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { FileEvent } from '../sim-files.js';
import type { StoreEvent } from '../sim-store.js';
import { completedCheckpoint, createdResult, endsLog, idText } from './log-entries.js';
import { committablesOf } from './manifest-state.js';
import { committedPath, promiseIn } from './parts.js';

/**
 * I11: a part is shown only after the log entry of a checkpoint that promises it exists, from the very file that was
 * promised, and once; and when the job has finished, everything that was promised is shown. Known from the log, the
 * state blobs of the sinks and the file events. It knows the promises of file sinks; other sinks are not looked at.
 */
export const commitAfterCheckpoint: CheckerFactory = (context) => new CommitAfterCheckpoint(context);

class CommitAfterCheckpoint implements Checker {
  readonly invariant = 'I11';
  private readonly sinks: readonly string[];
  /** By final name: from which file, and by which checkpoint it was promised first. */
  private readonly promised = new Map<string, { readonly pending: string; readonly by: string }>();
  private readonly shown = new Set<string>();
  private isFinished = false;
  /** The job has its result, and leaves no checkpoints. */
  private isOver = false;

  constructor(private readonly context: CheckerContext) {
    const operators = context.record.graph.vertices.flatMap((vertex) => vertex.operators);
    this.sinks = operators.filter(({ commits }) => commits).map(({ uid }) => uid);
  }

  store(event: StoreEvent): void {
    const { job } = this.context.record;
    if (createdResult(event, job)?.outcome === 'finished') this.finished();
    this.isOver ||= endsLog(event, this.context.record);
    const manifest = completedCheckpoint(event, job);
    if (manifest === null || this.isOver) return;
    for (const uid of this.sinks) {
      for (const committable of committablesOf(this.context.store, manifest, uid)) {
        const part = promiseIn(committable);
        if (part === null || this.promised.has(part.final)) continue;
        this.promised.set(part.final, { pending: part.pending, by: idText(manifest.id) });
      }
    }
  }

  file(event: FileEvent): void {
    const { path, process, life } = event;
    const committed = committedPath(event);
    if (committed === null) return;
    const promise = this.promised.get(committed);
    if (promise === undefined) {
      throw new Violation('I11', `${committed} was committed, and no complete checkpoint promises it`, {
        process,
        life,
      });
    }
    if (promise.pending !== path) throw new Violation('I11', `${committed} was committed from ${path}`, { promise });
    if (this.shown.has(committed)) throw new Violation('I11', `${committed} was committed twice`, { process, life });
    this.shown.add(committed);
  }

  ended(): void {
    if (this.isFinished) this.finished();
  }

  private finished(): void {
    this.isFinished = true;
    for (const [final, { by }] of this.promised) {
      if (!this.shown.has(final))
        throw new Violation('I11', `the job has finished without ${final}, which checkpoint ${by} promised`);
    }
  }
}
