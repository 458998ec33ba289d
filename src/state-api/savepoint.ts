import { checkpointText } from '../../actors/protocol/ids.js';
import type { SavepointManifest } from '../../actors/protocol/savepoint.js';
import { mistake } from '../api/engine-error.js';
import type { BlobStore } from '../ports/blob-store.js';
import {
  isJobPath,
  isOfJob,
  jobAt,
  loadCheckpoint,
  loadSavepoint,
  savepointAt,
  verifySavepoint,
  type WantedCheckpoint,
} from '../savepoint/index.js';
import { SavedOperator } from './saved-operator.js';
import { SavepointParts } from './savepoint-parts.js';
import { type PatchedSavepoint, SavepointPatch } from './savepoint-patch.js';
import { writePatched } from './write-savepoint.js';

/**
 * The savepoint in a folder `…/savepoints/<name>`, to be read and corrected without the job and without a cluster. Only its manifest is read at
 * once. A path `…/jobs/<job>` leads to the newest checkpoint of a job that keeps them in a folder; a newer one may replace it while it is read, and then that is
 * said with CHECKPOINT_GONE. Rejects with an EngineError: SAVEPOINT_UNKNOWN, SAVEPOINT_DAMAGED, JOB_UNKNOWN, CHECKPOINT_UNKNOWN, CHECKPOINT_DAMAGED.
 *
 * @example
 * ```ts
 * const savepoint = await openSavepoint('copy/savepoints/flights-1');
 * for await (const { key, value } of savepoint.operator<string>('mean-delay').value<Totals>('totals')) {
 *   console.log(key, value.count);
 * }
 * ```
 */
export async function openSavepoint(path: string): Promise<Savepoint> {
  if (isJobPath(path)) {
    const { blobs, job } = jobAt(path);
    return openCheckpointIn(blobs, { job, id: null });
  }
  const { name, blobs } = savepointAt(path);
  return openSavepointIn(blobs, name);
}

/** The same in a store that is open. */
export async function openSavepointIn(blobs: BlobStore, name: string): Promise<Savepoint> {
  return new Savepoint(blobs, await loadSavepoint(blobs, name));
}

/** A checkpoint of a job, as it lies in the store of that job. */
export async function openCheckpointIn(blobs: BlobStore, wanted: WantedCheckpoint): Promise<Savepoint> {
  return new Savepoint(blobs, await loadCheckpoint(blobs, wanted));
}

/** A savepoint as it lies in a store. Nothing here changes it. */
export class Savepoint {
  /** For the tools of the engine. */
  readonly parts: SavepointParts;

  constructor(
    private readonly blobs: BlobStore,
    readonly manifest: SavepointManifest,
  ) {
    this.parts = new SavepointParts(blobs, manifest);
  }

  get name(): string {
    return this.manifest.name;
  }

  /** The job of which it was taken. */
  get job(): string {
    return this.manifest.job;
  }

  /** What it is, for people: `savepoint flights-1`, or `checkpoint 3-17 of job flights`, which belongs to its job. */
  get title(): string {
    const { manifest } = this;
    if (isOfJob(manifest)) return `checkpoint ${checkpointText(manifest.checkpoint.id)} of job ${this.job}`;
    return `savepoint ${this.name}`;
  }

  /** Uids of the operators that have state in it. */
  get operators(): readonly string[] {
    return [...new Set(this.manifest.checkpoint.subtasks.flatMap(({ operators }) => operators.map(({ uid }) => uid)))];
  }

  /** Throws OPERATOR_UNKNOWN for an operator that has no state in the savepoint. `K` is the type of its keys, which is not checked. */
  operator<K = unknown>(uid: string): SavedOperator<K> {
    if (this.operators.includes(uid)) return new SavedOperator<K>(this.parts, uid);
    const known = this.operators.map((each) => `'${each}'`).join(', ') || 'none';
    throw mistake(
      'OPERATOR_UNKNOWN',
      `Savepoint '${this.name}' has no state of an operator '${uid}'. Operators with state: ${known}.`,
    );
  }

  /** Settles when all of it is there and is what was written; rejects with SAVEPOINT_DAMAGED, CHECKPOINT_DAMAGED or CHECKPOINT_GONE. */
  verify(): Promise<void> {
    return verifySavepoint(this.blobs, this.manifest);
  }

  /**
   * Writes another savepoint, to the folder `…/savepoints/<name>`, that is as this one but for what `edit` asks for; a job can begin with it. What is not
   * touched is the same byte by byte: also the positions of sources and what sinks are to commit. Settles when it is durable. Rejects with an
   * EngineError: SAVEPOINT_EXISTS, and what is wrong with an edit.
   *
   * @example
   * ```ts
   * await savepoint.patch('corrected/savepoints/flights-2', (patch) => {
   *   patch.operator<string>('mean-delay').value<Totals>('totals').set('ATL', { count: 1, delay: 0 });
   *   patch.renameOperator('mean-delay', 'delays');
   * });
   * ```
   */
  async patch(path: string, edit: (patch: PatchedSavepoint) => void): Promise<Savepoint> {
    const to = savepointAt(path);
    const patch = new SavepointPatch(this.parts);
    edit(patch);
    return new Savepoint(to.blobs, await writePatched(this.parts, patch, to));
  }
}
