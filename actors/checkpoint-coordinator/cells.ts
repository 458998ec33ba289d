/**
 * A list with an entry for each subtask, of which one is replaced at a time: in rows, so that to replace one copies a few dozen others and
 * not all of a thousand.
 */
export type Cells<T> = readonly (readonly T[])[];

const rowLength = 32;

export function cellsOf<T>(values: readonly T[]): Cells<T> {
  const rows: (readonly T[])[] = [];
  for (let at = 0; at < values.length; at += rowLength) rows.push(values.slice(at, at + rowLength));
  return rows;
}

export const cellAt = <T>(cells: Cells<T>, index: number): T | undefined =>
  cells[Math.floor(index / rowLength)]?.[index % rowLength];

/** The list with another value in a place that it has. */
export function withCell<T>(cells: Cells<T>, index: number, value: T): Cells<T> {
  const row = Math.floor(index / rowLength);
  return cells.with(row, (cells[row] ?? []).with(index % rowLength, value));
}

export const valuesOf = <T>(cells: Cells<T>): readonly T[] => cells.flat() as T[];

export const mapCells = <T, R>(cells: Cells<T>, map: (value: T) => R): Cells<R> => cells.map((row) => row.map(map));
