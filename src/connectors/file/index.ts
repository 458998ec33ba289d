export { type CsvOptions, csv } from './csv-format.js';
export { type FileSourceOptions, fileSource } from './file-source.js';
export type { Positioned } from './split-reader.js';
