import { invariant } from '../../../actors/kernel/invariant.js';
import type { KeyValueSnapshot, StoreKey, StoreResult } from '../../ports/key-value-engine.js';
import { keyHow } from '../heap/delta-format.js';
import { writeContent, writeHead } from '../heap/group-format.js';
import type { KeyGroupPart } from '../state-snapshot.js';
import { ValueReader } from '../value-reader.js';
import { ValueWriter } from '../value-writer.js';
import type { CollectionFacts } from './collections.js';
import { DiskEntry } from './disk-entry.js';
import type { DiskColumn, DiskRecords, OutsideCollection, RecordParts } from './disk-records.js';
import type { GroupPlan, ReadRecord } from './disk-snapshot.js';
import { chunkKey } from './store-keys.js';

export interface GroupWriterSetting {
  readonly records: DiskRecords;
  /** By slot, as they are when the snapshot begins. */
  readonly columns: readonly DiskColumn[];
  settled<T>(result: StoreResult<T>, use: (value: T) => void): void;
}

/** Writes groups in the form of the heap, one at a time, from what a snapshot of the store has. */
export class GroupWriter {
  private readonly gone = new ValueWriter();
  private readonly kept = new ValueWriter();
  private readonly whole = new ValueWriter();

  constructor(private readonly setting: GroupWriterSetting) {}

  /** `wake` is called when it waits no more. */
  open(plan: GroupPlan, view: KeyValueSnapshot, wake: () => void): OpenGroup {
    const { gone, kept, whole } = this;
    for (const writer of [gone, kept, whole]) writer.clear();
    return new OpenGroup(plan, { ...this.setting, gone, kept, whole, view, wake });
  }
}

interface OpenGroupSetting extends GroupWriterSetting {
  readonly gone: ValueWriter;
  readonly kept: ValueWriter;
  readonly whole: ValueWriter;
  readonly view: KeyValueSnapshot;
  wake(): void;
}

const chunksMax = 256;

/** One group that is being written. */
export class OpenGroup {
  private goneCount = 0;
  private keptCount = 0;
  private reading = false;
  /** Writes the record whose chunks have all been read. */
  private read: (() => void) | null = null;
  private closed = false;
  private readonly cleans: boolean;

  constructor(
    private readonly plan: GroupPlan,
    private readonly setting: OpenGroupSetting,
  ) {
    this.cleans = setting.columns.some(({ expiry }) => expiry?.cleansImages === true);
  }

  /** While it does it takes no more. What has been read is written here, where what the job's code throws fails its task. */
  waits(): boolean {
    const { read } = this;
    this.read = null;
    read?.();
    return this.reading;
  }

  add([storeKey, bytes]: ReadRecord): void {
    const { gone, kept, records } = this.setting;
    if (bytes === undefined) {
      gone.write(this.plan.changes?.get(storeKey));
      this.goneCount += 1;
      return;
    }
    const parts = records.parts(bytes);
    if (parts.outside !== null) this.addLong(bytes, parts, parts.outside.collections);
    else if (parts.isStale || this.cleans) this.addRead(bytes, new Map());
    else {
      this.writeKey(parts);
      kept.writeRaw(parts.inGroup.subarray(parts.keyEnd));
      this.keptCount += 1;
    }
  }

  /** Nobody waits for it any more. */
  close(): void {
    this.closed = true;
  }

  /** Null when there is nothing of it. */
  finished(): KeyGroupPart | null {
    const { gone, kept, whole, columns } = this.setting;
    const { group, watermark, changes } = this.plan;
    if (this.goneCount + this.keptCount === 0) return null;
    writeHead(whole, columns, changes !== null);
    if (changes !== null) {
      whole.write(this.goneCount);
      whole.writeFrom(gone);
    }
    whole.write(this.keptCount);
    whole.writeFrom(kept);
    const kind = changes === null ? 'full' : 'delta';
    return { keyGroup: group.keyGroup, watermark, kind, bytes: whole.copy() };
  }

  /** Reads the chunks of long lists and maps first. */
  private addLong(bytes: Uint8Array, parts: RecordParts, collections: readonly OutsideCollection[]): void {
    this.reading = true;
    const keys = collections.flatMap(({ slot, ...facts }) => chunkKeys(facts).map((key) => ({ slot, key })));
    const chunks = new Map<number, Uint8Array[]>();
    const { view, settled, wake } = this.setting;
    const readFrom = (from: number): void => {
      const page = keys.slice(from, from + chunksMax);
      if (page.length === 0) {
        this.reading = false;
        this.read = () => {
          if (parts.isStale || this.cleans) this.addRead(bytes, countedBySlot(collections, chunks));
          else this.addImage(parts, countedBySlot(collections, chunks));
        };
        wake();
        return;
      }
      view.getMany(
        page.map(({ key }) => key),
        (result) =>
          settled(result, (values) => {
            if (this.closed) return;
            for (const [at, value] of values.entries()) {
              // A chunk whose elements have all gone.
              if (value === undefined) continue;
              const { slot } = page[at] as { readonly slot: number };
              const ofSlot = chunks.get(slot);
              if (ofSlot === undefined) chunks.set(slot, [value]);
              else ofSlot.push(value);
            }
            readFrom(from + page.length);
          }),
      );
    };
    readFrom(0);
  }

  /** Nothing of it needs to be read but where it begins. */
  private addImage(parts: RecordParts, long: ReadonlyMap<number, LongContent>): void {
    const { inGroup, keyEnd, outside } = parts;
    invariant(outside !== null, 'a record without long content is written as it is', {});
    const { kept } = this.setting;
    const { statesStart } = outside;
    const filled = new ValueReader(inGroup.subarray(keyEnd, statesStart)).readIndex(Number.POSITIVE_INFINITY);
    this.writeKey(parts);
    kept.write(filled + long.size);
    kept.writeRaw(inGroup.subarray(statesStart));
    for (const [slot, content] of long) {
      kept.write(slot);
      this.writeLong(slot, content);
    }
    this.keptCount += 1;
  }

  private writeKey({ inGroup, keyEnd }: Pick<RecordParts, 'inGroup' | 'keyEnd'>): void {
    const { kept } = this.setting;
    kept.writeRaw(inGroup.subarray(0, keyEnd));
    // A delta says that all of it follows.
    if (this.plan.changes !== null) kept.writeByte(keyHow.replaced);
  }

  private addRead(bytes: Uint8Array, long: ReadonlyMap<number, LongContent>): void {
    const { kept, gone, columns, records } = this.setting;
    const entry = new DiskEntry(records.keyOf(bytes), this.plan.group, '', records.nobody);
    records.decode(bytes, entry);
    for (const { expiry } of columns) if (expiry?.cleansImages === true) expiry.clean(entry);
    if (entry.filled === 0) {
      if (this.plan.changes === null) return;
      gone.write(entry.key);
      this.goneCount += 1;
      return;
    }
    this.keptCount += 1;
    kept.write(entry.key);
    if (this.plan.changes !== null) kept.writeByte(keyHow.replaced);
    kept.write(entry.filled);
    for (const column of columns) {
      const { slot } = column;
      const content = entry.get(slot);
      if (content === undefined) continue;
      kept.write(slot);
      const outside = long.get(slot);
      if (outside === undefined) writeContent(kept, column, content);
      else this.writeLong(slot, outside);
    }
  }

  private writeLong(slot: number, { count, chunks }: LongContent): void {
    const { kept, columns, records } = this.setting;
    const column = columns[slot] as DiskColumn;
    if (column.kind === 'list') kept.writeArrayOf(count);
    else kept.write(count);
    for (const chunk of chunks) kept.writeRaw(records.chunkImage(column, chunk));
  }
}

interface LongContent {
  readonly count: number;
  readonly chunks: readonly Uint8Array[];
}

function chunkKeys({ id, first, last }: CollectionFacts): readonly StoreKey[] {
  const keys: StoreKey[] = [];
  for (let no = first; no <= last; no++) keys.push(chunkKey(id, no));
  return keys;
}

function countedBySlot(
  collections: readonly OutsideCollection[],
  chunks: ReadonlyMap<number, readonly Uint8Array[]>,
): ReadonlyMap<number, LongContent> {
  return new Map(collections.map(({ slot, count }) => [slot, { count, chunks: chunks.get(slot) ?? [] }]));
}
