import type { Sink } from '../../operators/sink.js';
import { checkCount } from '../check-options.js';
import type { FileCommittable } from './commit-parts.js';
import { FileSinkWriter } from './file-sink-writer.js';
import type { RowFormat } from './row-format.js';

const rollBytesDefault = 128 * 1_024 * 1_024;

export interface FileSinkOptions<T> {
  /** Made when it does not exist. All task managers must see the same one. */
  readonly folder: string;
  readonly format: RowFormat<T>;
  /** A part that has reached this size is closed, and the next one begun. 128 MiB when left out. */
  readonly rollBytes?: number;
  /** What names of files begin with; `part` when left out. */
  readonly prefix?: string;
}

/**
 * Writes records to files, each exactly once. A part is shown as `part-<uid>-<subtask>-<run>-<number>.<extension>` when the checkpoint
 * that its records belong to is complete; until then its name begins with a dot. Each checkpoint ends the part in progress, so files
 * are as large as what comes between two checkpoints, at most about `rollBytes`. Records of a subtask stand in the order in which they
 * came. Files that exist are never replaced.
 *
 * Fails with SINK_UNWRITABLE when the folder cannot be used, and with COMMITTABLE_LOST when a part that was promised to a checkpoint
 * has vanished.
 * @example fileSink({ folder: 'out', format: jsonLines() })
 */
export function fileSink<T>(options: FileSinkOptions<T>): Sink<T, FileCommittable> {
  const { folder, format, rollBytes = rollBytesDefault, prefix = 'part' } = options;
  checkCount('fileSink', 'rollBytes', rollBytes, 1);
  if (folder === '') throw new RangeError('fileSink: folder must name a folder');
  if (!/^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(prefix)) {
    throw new RangeError(`fileSink: prefix must be letters, digits, '-' and '_', but is ${JSON.stringify(prefix)}`);
  }
  const parts = { folder: folder.length > 1 ? folder.replace(/\/+$/, '') : folder, format, rollBytes, prefix };
  return { name: 'file', createWriter: (context) => new FileSinkWriter(parts, context) };
}
