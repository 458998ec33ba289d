import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

export interface Input {
  readonly folder: string;
  readonly records: number;
  /** What a row must say of the flight at a position: by file path, then byte offset. */
  readonly flights: ReadonlyMap<string, ReadonlyMap<number, Flight>>;
}

const fileCount = 4;
/** Real flights of January 2001, from the package vega-datasets; its exports map hides the file, so it is read by its path. */
const flightsPath = new URL('../../node_modules/vega-datasets/data/flights-20k.json', import.meta.url);

/** Writes the 20,000 flights as four JSON-lines files into `folder`, and remembers which flight begins at which byte. */
export async function writeInput(folder: string): Promise<Input> {
  const all = JSON.parse(await readFile(flightsPath, 'utf8')) as Flight[];
  await mkdir(folder, { recursive: true });
  const flights = new Map<string, ReadonlyMap<number, Flight>>();
  const size = Math.ceil(all.length / fileCount);
  for (let index = 0; index < fileCount; index += 1) {
    const path = join(folder, `flights-${index + 1}.jsonl`);
    const positions = new Map<number, Flight>();
    const lines: string[] = [];
    let position = 0;
    for (const flight of all.slice(index * size, (index + 1) * size)) {
      const line = `${JSON.stringify(flight)}\n`;
      positions.set(position, flight);
      position += Buffer.byteLength(line);
      lines.push(line);
    }
    await writeFile(path, lines.join(''));
    flights.set(path, positions);
  }
  return { folder, records: all.length, flights };
}
