import { canonicalKeyText } from '../canonical-key.js';
import type { CanonicalMap } from '../heap/canonical-map.js';
import type { HeapList } from '../heap/heap-list.js';
import type { KeyGroup } from '../heap/key-group.js';
import type { KeyTimers } from '../heap/key-timers.js';
import type { Collections } from './collections.js';
import { DiskEntry, type DiskGroup } from './disk-entry.js';
import { DiskKeyTimers } from './disk-key-timers.js';
import { shortMax } from './disk-list-state.js';
import type { DiskColumn, DiskRecords } from './disk-records.js';
import { kindOfList, LongList } from './long-list.js';
import { kindOfMap, LongMap } from './long-map.js';
import { recordKey } from './store-keys.js';
import type { WriteBehind } from './write-behind.js';

export interface GroupLoaderSetting {
  readonly columns: readonly DiskColumn[];
  readonly records: DiskRecords;
  readonly collections: Collections;
  readonly writes: WriteBehind;
}

/** Puts a group that was read in the form of the heap into the store. Its timers begin to wait. */
export function loadGroup(
  from: KeyGroup,
  into: DiskGroup,
  { columns, records, collections, writes }: GroupLoaderSetting,
): void {
  into.watermarkFloor = from.watermarkFloor;
  for (const [key, entry] of from.entries.entries()) {
    const storeKey = recordKey(into.prefix, canonicalKeyText(key));
    const loaded = new DiskEntry(key, into, storeKey, records.nobody);
    for (const column of columns) {
      const content = entry.get(column.slot);
      if (content === undefined) continue;
      loaded.set(column.slot, diskContent(column, content, collections));
    }
    for (const { timers } of columns) timers?.restored(loaded);
    writes.put(storeKey, records.encodeRestored(loaded));
    into.keys += 1;
  }
}

/** What a slot of the heap holds, as one of the disk. */
function diskContent({ kind, timed, admission }: DiskColumn, content: unknown, collections: Collections): unknown {
  if (kind === 'timers') return diskTimers(content as KeyTimers);
  if (timed) return content;
  if (kind === 'list') {
    const { values } = content as HeapList;
    if (values.length <= shortMax) return content;
    return new LongList(collections, admission, collections.restored(values, kindOfList(admission)));
  }
  if (kind === 'map') {
    const map = content as CanonicalMap<unknown, unknown>;
    if (map.size <= shortMax) return content;
    return new LongMap(collections, admission, collections.restored(map.entries(), kindOfMap(admission)));
  }
  return content;
}

function diskTimers({ list }: KeyTimers): DiskKeyTimers {
  const timers = new DiskKeyTimers();
  for (const { time, namespace } of list) timers.add({ time, namespace, sequence: 0, at: 0 });
  return timers;
}
