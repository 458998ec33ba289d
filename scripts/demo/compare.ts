import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input } from './input.js';

interface Row {
  readonly origin: string;
  readonly count: number;
  readonly meanDelay: number;
  readonly file: string;
  readonly position: number;
}

export interface Comparison {
  readonly rows: number;
  readonly airports: number;
  /** At most a few, in words; empty means exactly once. */
  readonly differences: readonly string[];
}

const differencesMax = 10;

/**
 * Holds the committed rows against a plain computation over the input: each position once, counts 1 to n for each airport, and
 * each mean the mean of the flights up to it.
 */
export async function compare(input: Input, output: string): Promise<Comparison> {
  const rows = await readRows(output);
  const differences: string[] = [];
  const differ = (text: string): void => {
    if (differences.length < differencesMax) differences.push(text);
  };
  const seen = new Set<string>();
  const byOrigin = new Map<string, Row[]>();
  for (const row of rows) {
    const flight = input.flights.get(row.file)?.get(row.position);
    const place = `${row.file} at byte ${row.position}`;
    if (flight === undefined) differ(`a row for ${place}, where no flight begins`);
    else if (flight.origin !== row.origin)
      differ(`${place} counted for ${row.origin}, but it is a flight from ${flight.origin}`);
    if (seen.has(place)) differ(`${place} is committed twice`);
    seen.add(place);
    const group = byOrigin.get(row.origin);
    if (group === undefined) byOrigin.set(row.origin, [row]);
    else group.push(row);
  }
  if (seen.size !== input.records) differ(`${seen.size} of ${input.records} flights are committed`);
  for (const [origin, group] of byOrigin) checkFold(origin, group, input, differ);
  return { rows: rows.length, airports: byOrigin.size, differences };
}

/** Counts tell the order in which the flights of an airport took effect; computing along it must give every mean. */
function checkFold(origin: string, rows: Row[], input: Input, differ: (text: string) => void): void {
  rows.sort((a, b) => a.count - b.count);
  let sum = 0;
  for (const [index, row] of rows.entries()) {
    if (row.count !== index + 1) return differ(`${origin} has no count ${index + 1}, but ${row.count}`);
    sum += input.flights.get(row.file)?.get(row.position)?.delay ?? Number.NaN;
    const mean = sum / row.count;
    if (!(Math.abs(mean - row.meanDelay) < 1e-9))
      return differ(`${origin}, count ${row.count}: mean ${row.meanDelay} should be ${mean}`);
  }
}

/** Only finished parts count: what is in progress or pending begins with a dot. */
async function readRows(folder: string): Promise<Row[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('part-'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Row),
  );
}
