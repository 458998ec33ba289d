import type { SerializerIdentity } from '../../../actors/protocol/manifest.js';
import { serializer } from '../../state/value-format.js';
import { ValueReader } from '../../state/value-reader.js';
import { ValueWriter } from '../../state/value-writer.js';

/** How operator state is written: the items, one after the other, as plain data. */
export const operatorListSerializer: SerializerIdentity = {
  state: 'operator',
  kind: 'operatorList',
  serializer: serializer.name,
  version: serializer.version,
};

/** The same, of which every subtask has a copy. */
export const operatorCopySerializer: SerializerIdentity = { ...operatorListSerializer, kind: 'operatorCopy' };

/** Throws Unstorable, with the path, for an item that is no plain data. */
export function itemsBytes(items: readonly unknown[]): Uint8Array {
  const writer = new ValueWriter();
  for (const item of items) writer.write(item);
  return writer.copy();
}

/** Throws Unreadable for damaged bytes. */
export function itemsOf(bytes: Uint8Array): unknown[] {
  const reader = new ValueReader(bytes);
  const items: unknown[] = [];
  while (!reader.atEnd()) items.push(reader.read());
  return items;
}
