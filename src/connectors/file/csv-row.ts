export interface CsvMarks {
  readonly delimiter: string;
  readonly quote: string | null;
}

/** The fields of one row of CSV (RFC 4180): a quoted field may hold delimiters and line ends, and a quote as two. Throws for what is neither. */
export function fieldsOf(row: string, { delimiter, quote }: CsvMarks): string[] {
  if (quote === null || !row.includes(quote)) return row.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const end = row[at] === quote ? quotedEnd(row, at, quote) : plainEnd(row, at, delimiter);
    const text = row.slice(at, end);
    if (row[at] === quote) fields.push(text.slice(1, -1).replaceAll(quote + quote, quote));
    else if (text.includes(quote))
      throw new Error(`field ${fields.length + 1} has a quote inside, so it must be quoted`);
    else fields.push(text);
    if (end === row.length) return fields;
    if (row[end] !== delimiter) throw new Error(`field ${fields.length} goes on behind its closing quote`);
    at = end + 1;
  }
}

function plainEnd(row: string, from: number, delimiter: string): number {
  const end = row.indexOf(delimiter, from);
  return end < 0 ? row.length : end;
}

/** The place behind the closing quote of the field that begins at `from`. */
function quotedEnd(row: string, from: number, quote: string): number {
  for (let at = from + 1; ; at += 2) {
    at = row.indexOf(quote, at);
    if (at < 0) throw new Error('a quoted field is not closed');
    if (row[at + 1] !== quote) return at + 1;
  }
}
