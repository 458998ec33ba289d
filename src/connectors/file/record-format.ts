import { valueOfForm } from '../../state/json-form.js';
import { JsonArrayScanner } from './json-array-scanner.js';
import { LineScanner } from './line-scanner.js';
import { JsonDecoder, LineDecoder, type RecordDecoder } from './record-decoder.js';
import type { RecordScanner } from './record-scanner.js';

/** How records of type `T` stand in a file. */
export interface RecordFormat<T> {
  /** Whether a reader can begin in the middle of a file, at the next line end. */
  readonly splittable: boolean;
  /** `position` is 0 or the `next` of another scanner of the file. */
  scanner(position: number): RecordScanner;
  decoder(columns: readonly string[] | null): RecordDecoder<T>;
}

/**
 * `lines`: each line is a string. `jsonLines`: a JSON value in each line that is not empty. `exactJsonLines`: the same, as the sink's `exactJsonLines()` writes
 * it. `jsonArray`: the file is one JSON array.
 */
export type NamedFormat = 'lines' | 'jsonLines' | 'exactJsonLines' | 'jsonArray';

export function namedFormat(name: NamedFormat): RecordFormat<unknown> {
  const lines = (position: number): RecordScanner => new LineScanner(position);
  if (name === 'lines') return { splittable: true, scanner: lines, decoder: () => new LineDecoder() };
  if (name === 'jsonLines') return { splittable: true, scanner: lines, decoder: () => new JsonDecoder() };
  if (name === 'exactJsonLines') {
    return { splittable: true, scanner: lines, decoder: () => new JsonDecoder(valueOfForm) };
  }
  if (name === 'jsonArray') {
    return {
      splittable: false,
      scanner: (position) => new JsonArrayScanner(position),
      decoder: () => new JsonDecoder(),
    };
  }
  throw new RangeError(
    `fileSource: format ${JSON.stringify(name)} is none of lines, jsonLines, exactJsonLines, jsonArray and csv(…)`,
  );
}
