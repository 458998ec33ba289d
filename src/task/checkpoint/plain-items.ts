import type { OperatorStateKind, SerializerIdentity } from '../../../actors/protocol/manifest.js';
import { serializer } from '../../state/value-format.js';
import { ValueReader } from '../../state/value-reader.js';
import { ValueWriter } from '../../state/value-writer.js';

/** How operator state is written: the items, one after the other, as plain data. */
export const operatorStateSerializer = (kind: OperatorStateKind): SerializerIdentity => ({
  state: 'operator',
  kind,
  serializer: serializer.name,
  version: serializer.version,
});

const kinds: readonly string[] = [
  'operatorList',
  'operatorSplit',
  'operatorUnion',
  'operatorTime',
  'operatorCopy',
] satisfies readonly OperatorStateKind[];

export const isOperatorStateSerializer = ({ kind, serializer: name, version }: SerializerIdentity): boolean =>
  kinds.includes(kind) && name === serializer.name && version === serializer.version;

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
