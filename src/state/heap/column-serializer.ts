import type { SerializerIdentity } from '../../../actors/protocol/manifest.js';
import { serializer as plain } from '../value-format.js';
import type { ValueSerializer, WrittenBy } from '../value-serializer.js';
import { CanonicalMap } from './canonical-map.js';
import { HeapList } from './heap-list.js';
import { HeapMap } from './heap-map.js';
import type { StateColumn } from './state-table.js';
import { TimedCell, TimedList, TimedMap } from './timed-content.js';

/** Keeps names that jobs give apart from those of the engine. */
const ownPrefix = 'user/';

/** Who writes a state: its serializer; the one that wrote it, while the code has not asked for it; or the engine. */
export function identityOf({
  name: state,
  kind,
  admission,
  written,
}: Pick<StateColumn, 'name' | 'kind' | 'admission' | 'written'>): SerializerIdentity {
  const by: WrittenBy | null = admission.serializer ?? written;
  if (by === null) return { state, kind, serializer: plain.name, version: plain.version };
  return { state, kind, serializer: `${ownPrefix}${by.name}`, version: by.version };
}

/** The serializer of a job that wrote a state; null for the engine's. */
export function writtenBy({ serializer, version }: SerializerIdentity): WrittenBy | null {
  return serializer.startsWith(ownPrefix) ? { name: serializer.slice(ownPrefix.length), version } : null;
}

/** How values are turned into others: in which interval they change by it, or zero when a snapshot holds them as it did. */
export interface Conversion {
  readonly convert: (value: unknown) => unknown;
  readonly interval: number;
}

/** What a slot holds, with each value turned into what `convert` makes of it. */
export function converted(
  { kind, timed }: Pick<StateColumn, 'kind' | 'timed'>,
  content: unknown,
  { convert, interval }: Conversion,
): unknown {
  if (timed) return convertedTimed(content, convert);
  if (kind === 'list') return new HeapList((content as HeapList).values.map(convert), interval);
  if (kind !== 'map') return convert(content);
  const before = content as HeapMap<unknown, unknown>;
  const map = new HeapMap<unknown, unknown>();
  // All of it is new: none of its keys is told apart before the next interval.
  if (interval > 0) for (const [key] of before.entries()) map.setting(key, interval);
  for (const [key, value] of before.entries()) map.set(key, convert(value));
  return map;
}

function convertedTimed(content: unknown, convert: (value: unknown) => unknown): unknown {
  if (content instanceof TimedCell) return new TimedCell(convert(content.value), content.atMs);
  if (content instanceof TimedList) return new TimedList(content.values.map(convert), content.times);
  const cells = new CanonicalMap<unknown, TimedCell>();
  for (const [key, { value, atMs }] of (content as TimedMap).cells.entries()) {
    cells.set(key, new TimedCell(convert(value), atMs));
  }
  return new TimedMap(cells);
}

/** Two descriptors of one state name the same form. */
export const isSameForm = (a: ValueSerializer<unknown> | null, b: ValueSerializer<unknown> | null): boolean =>
  a === b || (a?.name === b?.name && a?.version === b?.version);
