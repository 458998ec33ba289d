import { jobRun, subtaskKey } from '../../actors/protocol/ids.js';
import { defaultJobOptions, type JobVertex } from '../../actors/protocol/job-graph.js';
import type { SavepointManifest } from '../../actors/protocol/savepoint.js';
import { mistake } from '../api/engine-error.js';
import { savepointAt } from '../savepoint/index.js';
import type { PatchedOperator } from './patched-operator.js';
import { Savepoint } from './savepoint.js';
import { SavepointParts } from './savepoint-parts.js';
import { SavepointPatch } from './savepoint-patch.js';
import { writePatched } from './write-savepoint.js';

export interface NewSavepointOptions {
  /** Into how many key groups state is divided: the job keeps that number, unless its operators say another, which is refused. 1 to 32768; default 128. */
  readonly maxParallelism?: number;
  /** The job that it is for, which only people read. */
  readonly job?: string;
}

/** A savepoint of a job that never ran. */
export interface NewSavepoint {
  /** State of an operator, which is put together with `set`. The operator has to be keyed in the job. */
  operator<K = unknown>(uid: string): PatchedOperator<K>;
  /** To the folder `…/savepoints/<name>`. Settles when it is durable. Rejects with an EngineError: SAVEPOINT_EXISTS, STATE_UNSUPPORTED. */
  write(path: string): Promise<Savepoint>;
}

const groupsMax = 32_768;

/**
 * State for a job to begin with, such as what another system knew. Sources begin at their beginning. Throws MAX_PARALLELISM_INVALID; `write` rejects with
 * SAVEPOINT_EMPTY when nothing was put into it.
 *
 * @example
 * ```ts
 * const savepoint = createSavepoint({ maxParallelism: 128 });
 * const counts = savepoint.operator<string>('counts').value<number>('count');
 * for (const [word, count] of known) counts.set(word, count);
 * await savepoint.write('first/savepoints/words');
 * ```
 */
export function createSavepoint({ maxParallelism = 128, job = 'bootstrap' }: NewSavepointOptions = {}): NewSavepoint {
  if (!Number.isInteger(maxParallelism) || maxParallelism < 1 || maxParallelism > groupsMax) {
    throw mistake(
      'MAX_PARALLELISM_INVALID',
      `maxParallelism is ${maxParallelism}. Give a whole number from 1 to ${groupsMax}.`,
    );
  }
  const vertices: JobVertex[] = [];
  const from = { blobs: savepointAt('./savepoints/none').blobs, manifest: emptyManifest(job, vertices) };
  const parts = new SavepointParts(from.blobs, from.manifest);
  const patch = new SavepointPatch(parts);
  return {
    operator<K>(uid: string): PatchedOperator<K> {
      if (vertices.every(({ id }) => id !== uid)) vertices.push(vertexOf(uid, maxParallelism));
      return patch.operator<K>(uid);
    },
    async write(path) {
      if (vertices.length === 0)
        throw mistake('SAVEPOINT_EMPTY', 'Nothing was put into the savepoint. Set values of an operator first.');
      const to = savepointAt(path);
      const subtasks = vertices.map(({ id }) => ({ subtask: subtaskKey(id, 0), operators: [], drained: false }));
      const whole = { ...from.manifest, checkpoint: { ...from.manifest.checkpoint, subtasks } };
      return new Savepoint(to.blobs, await writePatched(new SavepointParts(from.blobs, whole), patch, to));
    },
  };
}

/** An operator stands alone: how the job chains it, and its parallelism, have no influence on state. */
function vertexOf(uid: string, maxParallelism: number): JobVertex {
  const operators = [{ uid, name: uid, kind: 'transform', commits: false, stateful: true }] as const;
  return { id: uid, name: uid, parallelism: 1, maxParallelism, operators };
}

const emptyManifest = (job: string, vertices: readonly JobVertex[]): SavepointManifest => ({
  format: 1,
  name: job,
  request: job,
  job,
  graph: { name: job, vertices, edges: [], options: defaultJobOptions },
  checkpoint: { id: { epoch: 1, n: 1 }, run: jobRun(1, 1), subtasks: [], enumerators: [], finished: [] },
});
