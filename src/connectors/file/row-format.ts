import { jsonText } from '../../state/json-form.js';

/** How records of type `T` are written, one after the other. */
export interface RowFormat<T> {
  /** Of the files, without the dot. */
  readonly extension: string;
  /** What each file begins with, line end included. */
  readonly header: string;
  /** The record with its line end. Throws for a record that cannot be written so that it can be read back. */
  encode(record: T): string;
}

/** A JSON value in each line. What JSON has no form for is lost, as it is by JSON.stringify, and a bigint is refused. */
export function jsonLines<T>(): RowFormat<T> {
  return {
    extension: 'jsonl',
    header: '',
    encode(record) {
      const text = JSON.stringify(record);
      // The type says string, but undefined and functions have no JSON at all.
      if (typeof text !== 'string') throw new TypeError(`a record of type ${typeof record} has no JSON form`);
      return `${text}\n`;
    },
  };
}

/**
 * A JSON value in each line, which the format `exactJsonLines` of a source gives back as it was: also bigints, bytes, undefined fields and NaN. For dead letters,
 * whose records may be anything that streams carry.
 */
export function exactJsonLines<T>(): RowFormat<T> {
  return { extension: 'jsonl', header: '', encode: (record) => `${jsonText(record)}\n` };
}

/** Each string as a line. */
export function lines(): RowFormat<string> {
  return {
    extension: 'txt',
    header: '',
    encode(line) {
      if (line.includes('\n')) throw new RangeError(`${JSON.stringify(line.slice(0, 80))} is more than one line`);
      return `${line}\n`;
    },
  };
}

export interface CsvRowsOptions<T> {
  /** In this order. */
  readonly columns: readonly (keyof T & string)[];
  /** One character; a comma when left out. */
  readonly delimiter?: string;
  /** Whether each file begins with the names of the columns, as it does when left out. */
  readonly header?: boolean;
}

/** CSV after RFC 4180. Null and undefined become empty fields, objects become JSON. */
export function csvRows<T>(options: CsvRowsOptions<T>): RowFormat<T> {
  const { columns, delimiter = ',', header = true } = options;
  if (columns.length === 0) throw new RangeError('csvRows: columns must name at least one column');
  if (!/^[\x20\x21\x23-\x7e\t]$/.test(delimiter)) {
    throw new RangeError(
      `csvRows: delimiter must be one printable ASCII character or a tab, but is ${JSON.stringify(delimiter)}`,
    );
  }
  const field = (value: unknown): string => {
    const text = typeof value === 'string' ? value : textOf(value);
    const isPlain = !text.includes(delimiter) && !/["\r\n]/.test(text);
    return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
  };
  const row = (fields: readonly unknown[]): string => {
    const text = fields.map(field).join(delimiter);
    // A lone empty field would be an empty line, which is no row.
    return text === '' ? '""\n' : `${text}\n`;
  };
  return {
    extension: 'csv',
    header: header ? row(columns) : '',
    encode: (record) => row(columns.map((column) => record[column])),
  };
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
