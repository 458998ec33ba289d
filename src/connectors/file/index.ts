export type { FileCommittable } from './commit-parts.js';
export { type ColumnCasts, type CsvOptions, csv } from './csv-format.js';
export { type FileSinkOptions, fileSink } from './file-sink.js';
export { type FileSourceOptions, fileSource } from './file-source.js';
export type { NamedFormat, RecordFormat } from './record-format.js';
export { type CsvRowsOptions, csvRows, exactJsonLines, jsonLines, lines, type RowFormat } from './row-format.js';
export type { Positioned } from './split-reader.js';
