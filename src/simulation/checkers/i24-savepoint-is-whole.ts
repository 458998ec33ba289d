import type { BlobHandle } from '../../../actors/protocol/manifest.js';
import type { SavepointManifest, SavepointName } from '../../../actors/protocol/savepoint.js';
import { savepointBlobs, savepointFolder } from '../../../actors/protocol/savepoint.js';
import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { FileEvent } from '../sim-files.js';
import type { StoreEvent } from '../sim-store.js';
import { createdResult, createdSavepoint } from './log-entries.js';
import { blobFault } from './manifest-blobs.js';
import { committablesOf } from './manifest-state.js';
import { committedPath, promiseIn } from './parts.js';

/**
 * I24: a savepoint that is shown refers to nothing outside of its own folder, all of it is there, whole, and it is never changed or deleted, also
 * not by the end of the job; what it promises is committed when it is shown. A client is told of none that is not shown, nor does a result name one. And once the savepoint is
 * shown with which the job ends, the job commits nothing more. Known from the store's events, the sinks' state in the savepoint and the file events.
 * That a job can go on from it shows when one does.
 */
export const savepointIsWhole: CheckerFactory = (context) => new SavepointIsWhole(context);

class SavepointIsWhole implements Checker {
  readonly invariant = 'I24';
  private readonly shown = new Map<SavepointName, SavepointManifest>();
  private readonly needed = new Map<string, SavepointName>();
  private last: SavepointName | null = null;

  constructor(private readonly context: CheckerContext) {}

  store(event: StoreEvent): void {
    const name = this.needed.get(event.name);
    if (name !== undefined) throw new Violation('I24', `a ${event.kind} changed ${event.name} of savepoint ${name}`);
    const promised = createdResult(event, this.context.record.job)?.savepoint;
    if (promised !== undefined && !this.shown.has(promised))
      throw new Violation('I24', `the job ended with savepoint ${promised}, which is not there`);
    const manifest = createdSavepoint(event);
    if (manifest === null) return;
    this.shown.set(manifest.name, manifest);
    this.needed.set(event.name, manifest.name);
    for (const { name: blob } of this.whole(manifest)) this.needed.set(blob, manifest.name);
    this.committed(manifest);
    if (this.context.store.blobs.has(`jobs/${manifest.job}/stop`) && manifest.request === 'stop')
      this.last = manifest.name;
  }

  file(event: FileEvent): void {
    const path = committedPath(event);
    if (path === null || this.last === null) return;
    throw new Violation('I24', `${path} was committed after savepoint ${this.last}, with which the job ended`);
  }

  saved(name: SavepointName): void {
    if (!this.shown.has(name)) throw new Violation('I24', `a client was told of savepoint ${name}, which is not there`);
  }

  ended(): void {
    for (const manifest of this.shown.values()) this.whole(manifest);
  }

  private whole(manifest: SavepointManifest): readonly BlobHandle[] {
    const blobs = savepointBlobs(manifest.checkpoint);
    for (const blob of blobs) {
      if (!blob.name.startsWith(savepointFolder(manifest.name)))
        throw new Violation('I24', `savepoint ${manifest.name} refers to ${blob.name}`);
      const fault = blobFault(this.context.store, blob);
      if (fault !== null) throw new Violation('I24', `savepoint ${manifest.name} is not whole: ${fault}`);
    }
    return blobs;
  }

  private committed({ name, graph, checkpoint }: SavepointManifest): void {
    const sinks = graph.vertices.flatMap(({ operators }) => operators.filter(({ commits }) => commits));
    for (const { uid } of sinks) {
      for (const committable of committablesOf(this.context.store, checkpoint, uid)) {
        const part = promiseIn(committable);
        if (part !== null && !this.context.files.files.has(part.final))
          throw new Violation('I24', `savepoint ${name} is shown, and ${part.final} is not committed`);
      }
    }
  }
}
