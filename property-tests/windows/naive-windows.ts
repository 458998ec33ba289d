/** Windows as anyone would write them down: all records at once, sorted first. */

export interface Row {
  readonly key: string;
  readonly t: number;
  readonly n: number;
}

/** Which windows there are: of one size, a slide apart, or sessions with a gap of their own for each record. */
export type Shape =
  | { readonly kind: 'fixed'; readonly size: number; readonly slide: number; readonly offset: number }
  | { readonly kind: 'session'; readonly gapOf: (row: Row) => number };

/** What is put out for a window: who it is of, its numbers by size, and its greatest timestamp. */
export type Result = readonly [key: string, numbers: string, maxTimestamp: number];

export function naiveResults(shape: Shape, rows: readonly Row[]): readonly Result[] {
  const keys = [...new Set(rows.map(({ key }) => key))];
  return keys.flatMap((key) => {
    const sorted = rows.filter((row) => row.key === key).sort((a, b) => a.t - b.t);
    return shape.kind === 'fixed' ? fixed(shape, key, sorted) : sessions(shape.gapOf, key, sorted);
  });
}

export const numbersOf = (rows: readonly { readonly n: number }[]): string =>
  rows
    .map(({ n }) => n)
    .sort((a, b) => a - b)
    .join(' ');

function fixed(
  { size, slide, offset }: Extract<Shape, { kind: 'fixed' }>,
  key: string,
  rows: readonly Row[],
): readonly Result[] {
  const results: Result[] = [];
  const [first, last] = [rows.at(0)?.t ?? 0, rows.at(-1)?.t ?? 0];
  for (let start = first - size; start <= last; start++) {
    // A remainder keeps the sign of what is divided; only whether it is 0 counts here.
    if ((start - offset) % slide !== 0) continue;
    const inside = rows.filter(({ t }) => start <= t && t < start + size);
    if (inside.length > 0) results.push([key, numbersOf(inside), start + size - 1]);
  }
  return results;
}

function sessions(gapOf: (row: Row) => number, key: string, rows: readonly Row[]): readonly Result[] {
  const found: { end: number; rows: Row[] }[] = [];
  for (const row of rows) {
    const end = row.t + gapOf(row);
    const open = found.at(-1);
    if (open === undefined || row.t > open.end) found.push({ end, rows: [row] });
    else {
      open.rows.push(row);
      open.end = Math.max(open.end, end);
    }
  }
  return found.map(({ end, rows: inside }) => [key, numbersOf(inside), end - 1]);
}
