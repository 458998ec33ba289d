import type { SerializerIdentity } from '../../../actors/protocol/manifest.js';
import { StateFailure } from '../state-failure.js';
import type { KeyGroupImage } from '../state-snapshot.js';
import { serializer } from '../value-format.js';
import { Unreadable, ValueReader } from '../value-reader.js';
import type { WrittenBy } from '../value-serializer.js';
import { converted, writtenBy } from './column-serializer.js';
import { applyDelta } from './delta-format.js';
import { readHead, readImage } from './group-format.js';
import { KeyGroup } from './key-group.js';
import type { StateColumn, StateKind } from './state-table.js';

/** Whose state it is, and where its states are found or made. */
export interface GroupReading {
  readonly operator: string;
  readonly maxParallelism: number;
  readonly serializers: readonly SerializerIdentity[];
  readonly states: FoundStates;
}

type ReadColumn = Pick<StateColumn, 'name' | 'kind' | 'timed' | 'slot' | 'admission'>;

/** As StateTable has them, of whichever backend. */
interface FoundStates {
  column(name: string, kind: StateKind, timed: boolean): ReadColumn;
  found(column: ReadColumn, written: WrittenBy | null): ((data: unknown) => unknown) | null;
}

/** How values of states are read that are no plain data. */
type Conversions = Map<ReadColumn, (data: unknown) => unknown>;

/** One group from its image and its deltas. Refuses unknown serializers and damaged bytes with STATE_UNREADABLE. */
export function readGroup({ keyGroup, watermark, parts }: KeyGroupImage, reading: GroupReading): KeyGroup {
  for (const identity of reading.serializers) requireReadable(identity, reading);
  const group = new KeyGroup(keyGroup, watermark);
  try {
    const conversions: Conversions = new Map();
    for (const [index, bytes] of parts.entries()) readPart(group, bytes, index === 0, { ...reading, conversions });
    for (const [column, read] of conversions) convert(group, column, read);
  } catch (error) {
    // A damaged key is refused where all keys are; here it says that the bytes are damaged.
    const isDamage = error instanceof Unreadable || (error instanceof StateFailure && error.code === 'KEY_UNSUPPORTED');
    if (isDamage) refuseUnreadable(reading, `the bytes of key group ${keyGroup} cannot be read: ${error.message}`);
    throw error;
  }
  return group;
}

export function refuseLoadedTwice(operator: string, keyGroup: number): never {
  throw new StateFailure(
    'KEY_GROUP_TWICE',
    'internal',
    `operator '${operator}': key group ${keyGroup} was loaded when it had state already; ` +
      'load each group once, before the first record',
  );
}

/** Values of a state that the code has asked for before its key groups came. */
function convert(group: KeyGroup, column: ReadColumn, read: (data: unknown) => unknown): void {
  const change = (content: unknown): unknown =>
    converted(column, content, { convert: (data) => column.admission.given(read(data)), interval: 0 });
  for (const [, entry] of group.entries.entries()) {
    const content = entry.get(column.slot);
    if (content !== undefined) entry.set(column.slot, change(content));
  }
}

function readPart(
  group: KeyGroup,
  bytes: Uint8Array,
  isFirst: boolean,
  reading: GroupReading & { readonly conversions: Conversions },
): void {
  const reader = new ValueReader(bytes);
  const { isDelta, states } = readHead(reader);
  if (isDelta === isFirst) throw new Unreadable('its parts are not an image first, and deltas then');
  const columns = states.map(([name, kind, timed]) => {
    const identity = reading.serializers.find((each) => each.state === name && each.kind === kind);
    if (identity === undefined) {
      throw new Unreadable(`its ${kind} state '${name}' is not among the serializers of the snapshot`);
    }
    const column = reading.states.column(name, kind, timed);
    const read = reading.states.found(column, writtenBy(identity));
    if (read !== null) reading.conversions.set(column, read);
    return column;
  });
  if (isDelta) applyDelta(reader, group, columns, reading.maxParallelism);
  else readImage(reader, group, columns, reading.maxParallelism);
  if (!reader.atEnd()) throw new Unreadable('bytes are left over');
}

function requireReadable(identity: SerializerIdentity, reading: GroupReading): void {
  const { state, kind, serializer: name, version } = identity;
  if (kind.startsWith('operator') || writtenBy(identity) !== null) return;
  if (name === serializer.name && version === serializer.version) return;
  refuseUnreadable(
    reading,
    `state '${state}' was written by serializer ${name} version ${version}, and this version of Weirflow reads ` +
      `${serializer.name} version ${serializer.version}; restore it with the version that wrote it`,
  );
}

function refuseUnreadable({ operator }: GroupReading, what: string): never {
  throw new StateFailure('STATE_UNREADABLE', 'internal', `operator '${operator}': ${what}`);
}
