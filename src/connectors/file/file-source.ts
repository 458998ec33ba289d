import type { Source } from '../../operators/source.js';
import { checkCount, checkPositive } from '../check-options.js';
import { discoverFiles } from './discover-files.js';
import { FileReader } from './file-reader.js';
import { type NamedFormat, namedFormat, type RecordFormat } from './record-format.js';
import type { Positioned, Reading } from './split-reader.js';

const splitBytesDefault = 64 * 1_024 * 1_024;
const blockBytesDefault = 256 * 1_024;

export interface FileSourceOptions<T, F = RecordFormat<T> | NamedFormat> {
  /** A file, or a folder of which all files are read whose names do not begin with a dot; or several of these. */
  readonly path: string | readonly string[];
  readonly format: F;
  /** Files of lines are split into parts of this size, which are read in parallel. 64 MiB when left out. */
  readonly splitBytes?: number;
  /** What a record that cannot be read does: fail the job (when left out), or be counted and passed over. */
  readonly onMalformed?: 'fail' | 'skip';
  /** Event time of a record, in milliseconds. Must be pure. */
  readonly timestamp?: (record: T) => number;
  /** All readers together; at most, and without a burst after a pause or a restore. As fast as possible when left out. */
  readonly ratePerSecond?: number;
}

/** Each record comes as `{ file, position, value }`. */
type WithPosition = { readonly withPosition: true };
type WithoutPosition = { readonly withPosition?: false };
export type AnyOptions = FileSourceOptions<never, RecordFormat<unknown> | NamedFormat> & {
  readonly withPosition?: boolean;
};

/**
 * Reads files that do not change while they are read. Records of a split keep their order; after a restore reading goes on right
 * behind the last record of the checkpoint. With `withPosition` each record says where it stands: `position` is that of its first
 * byte in the file.
 *
 * Discovery fails with FILE_MISSING. A file whose size has changed since fails the job with SPLIT_GONE, a record that cannot be read
 * with RECORD_MALFORMED; what breaks a JSON array as a whole, or the header of a CSV file, does so even where records are skipped.
 * Text is UTF-8; a byte order mark is no content.
 * @example fileSource({ path: 'access.log', format: 'lines' })
 * @example fileSource<Flight>({ path: 'flights/', format: 'jsonLines', timestamp: (flight) => flight.departedMs })
 */
export function fileSource(options: FileSourceOptions<string, 'lines'> & WithPosition): Source<Positioned<string>>;
export function fileSource(options: FileSourceOptions<string, 'lines'> & WithoutPosition): Source<string>;
export function fileSource<T>(options: FileSourceOptions<T> & WithPosition): Source<Positioned<T>>;
export function fileSource<T>(options: FileSourceOptions<T> & WithoutPosition): Source<T>;
export function fileSource(options: AnyOptions): Source {
  return fileSourceWith(options, blockBytesDefault);
}

/** As `fileSource`, reading so many bytes at a time. */
export function fileSourceWith(options: AnyOptions, blockBytes: number): Source {
  const paths = typeof options.path === 'string' ? [options.path] : options.path;
  if (paths.length === 0 || paths.includes('')) throw new RangeError('fileSource: path must name a file or a folder');
  checkCount('fileSource', 'splitBytes', options.splitBytes, 1);
  checkPositive('fileSource', 'ratePerSecond', options.ratePerSecond);
  const format = typeof options.format === 'string' ? namedFormat(options.format) : options.format;
  const splitBytes = format.splittable ? (options.splitBytes ?? splitBytesDefault) : null;
  const reading: Reading<never> = {
    format: format as RecordFormat<never>,
    timestamp: options.timestamp ?? null,
    withPosition: options.withPosition ?? false,
    onMalformed: options.onMalformed ?? 'fail',
    blockBytes,
  };
  return {
    name: 'file',
    discover: ({ files }, done) =>
      discoverFiles(files, paths, splitBytes, (result) =>
        done(result.ok ? { ok: true, splits: result.value } : { ok: false, failure: result.failure }),
      ),
    createReader: (context) => new FileReader(reading, options.ratePerSecond ?? null, context),
  };
}
