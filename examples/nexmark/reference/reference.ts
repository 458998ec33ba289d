import type { Event } from '../model.js';

/** A query as a plain loop over events in the order of their time: what the job must give, computed without an engine. */
export type Reference<Row> = (events: Iterable<Event>, emit: (row: Row) => void) => void;

/** In the order of their time; those of one millisecond stay as they are. */
export const byTime = (events: Iterable<Event>): readonly Event[] =>
  [...events].sort((a, b) => a.dateTime - b.dateTime);

/** What is in a map under a key, put there first if there is nothing yet. */
export function entryOf<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}
