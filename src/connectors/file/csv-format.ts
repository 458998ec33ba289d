import { type CsvMarks, fieldsOf } from './csv-row.js';
import { CsvScanner } from './csv-scanner.js';
import { BrokenFile, noRecord, type RecordDecoder } from './record-decoder.js';
import type { RecordFormat } from './record-format.js';

/** Turns the text of a column into its value. */
export type ColumnCasts<T> = { readonly [K in keyof T]?: (text: string) => T[K] };

export interface CsvOptions<T> {
  /** Whether the first row of each file names its columns, as it does when left out. */
  readonly header?: boolean;
  /** Names of the columns: instead of those in the header, or for files without one. */
  readonly columns?: readonly (keyof T & string)[];
  /** One character; a comma when left out. */
  readonly delimiter?: string;
  /** One character, a double quote when left out; null for files in which quotes mean nothing. */
  readonly quote?: string | null;
  /** Columns that are more than text. A cast that throws makes its record malformed. */
  readonly cast?: ColumnCasts<T>;
}

/**
 * CSV after RFC 4180. Records are objects of the columns; without header and column names they are arrays of texts. Empty lines are
 * no records. One split a file, because only from the start can be known what is quoted.
 * @example csv<Flight>({ cast: { delay: Number, distance: Number } })
 */
export function csv<T = Readonly<Record<string, string>>>(options: CsvOptions<T> = {}): RecordFormat<T> {
  const marks: CsvMarks = {
    delimiter: options.delimiter ?? ',',
    quote: options.quote === undefined ? '"' : options.quote,
  };
  checkMarks(marks);
  const quote = marks.quote === null ? null : marks.quote.charCodeAt(0);
  return {
    splittable: false,
    scanner: (position) => new CsvScanner(position, marks.delimiter.charCodeAt(0), quote),
    decoder: (columns) => new CsvDecoder(options, marks, columns),
  };
}

function checkMarks({ delimiter, quote }: CsvMarks): void {
  for (const [option, mark] of [
    ['delimiter', delimiter],
    ['quote', quote ?? '"'],
  ] as const) {
    if (/^[\x20-\x7e\t]$/.test(mark)) continue;
    throw new RangeError(
      `csv: ${option} must be one printable ASCII character or a tab, but is ${JSON.stringify(mark)}`,
    );
  }
  if (delimiter === quote) throw new RangeError(`csv: delimiter and quote are both ${JSON.stringify(quote)}`);
}

class CsvDecoder<T> implements RecordDecoder<T> {
  columns: readonly string[] | null;
  private headerDue: boolean;
  private readonly casts: ReadonlyMap<string, (text: string) => unknown>;

  /** `columns`: as an earlier decoder of the same file has read them. */
  constructor(
    private readonly options: CsvOptions<T>,
    private readonly marks: CsvMarks,
    columns: readonly string[] | null,
  ) {
    this.columns = columns;
    this.headerDue = columns === null && (options.header ?? true);
    this.casts = new Map(Object.entries(options.cast ?? {}) as [string, (text: string) => unknown][]);
  }

  decode(text: string): T | typeof noRecord {
    if (text === '') return noRecord;
    if (this.headerDue) {
      this.readHeader(text);
      return noRecord;
    }
    const fields = fieldsOf(text, this.marks);
    const names = this.columns ?? this.options.columns;
    return names === undefined ? (fields as T) : this.recordOf(names, fields);
  }

  private readHeader(text: string): void {
    const names = this.headerFields(text);
    const columns: readonly string[] = this.options.columns ?? names;
    if (columns.length !== names.length) {
      throw new BrokenFile(`the header has ${names.length} columns, but ${columns.length} are named in the options`);
    }
    const twice = columns.find((name, i) => columns.indexOf(name) !== i);
    if (twice !== undefined)
      throw new BrokenFile(`there are two columns '${twice}'; give names with the option columns`);
    this.columns = columns;
    this.headerDue = false;
  }

  private headerFields(text: string): string[] {
    try {
      return fieldsOf(text, this.marks);
    } catch (error) {
      throw new BrokenFile(`the header is malformed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private recordOf(names: readonly string[], fields: readonly string[]): T {
    if (fields.length !== names.length) {
      throw new Error(`it has ${fields.length} fields, but there are ${names.length} columns`);
    }
    const record: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i += 1) {
      const name = names[i] as string;
      const text = fields[i] as string;
      const cast = this.casts.get(name);
      record[name] = cast === undefined ? text : cast(text);
    }
    return record as T;
  }
}
