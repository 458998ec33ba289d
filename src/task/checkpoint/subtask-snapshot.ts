import { crc32 } from 'node:zlib';
import { failure } from '../../../actors/kernel/failure.js';
import type { CheckpointId } from '../../../actors/protocol/ids.js';
import type {
  BlobHandle,
  KeyGroupSnapshot,
  OperatorSnapshot,
  OperatorStateKind,
  SerializerIdentity,
  StateRange,
} from '../../../actors/protocol/manifest.js';
import { Unstorable } from '../../state/value-writer.js';
import type { KeyedPart } from '../chain/chain-part.js';
import { type Culprit, culpritText, failureOfThrown, TaskFailure } from '../task-failure.js';
import { itemsBytes, operatorStateSerializer } from './plain-items.js';
import type { StateTables } from './state-tables.js';

/** One operator, or the source, as its part of a snapshot is taken. */
export interface SnapshotPart {
  readonly culprit: Culprit;
  /** Operator state. */
  readonly items: readonly unknown[];
  /** To whom they go at a restore. */
  readonly itemsKind: OperatorStateKind;
  readonly keyed: Pick<KeyedPart, 'state' | 'watermark'> | null;
  /** Where its key groups lay at earlier checkpoints; null for what has none. */
  readonly tables: StateTables | null;
}

export interface TakenSnapshot {
  /** Only those that hold something. */
  readonly operators: readonly OperatorSnapshot[];
  /** What has to become durable before anybody hears of the snapshot; null when there is nothing new. */
  readonly blob: { readonly name: string; readonly bytes: Uint8Array } | null;
}

/** A range of the blob that is being made; its handle is known only at the end. */
interface Place {
  readonly offset: number;
  readonly bytes: number;
}

interface Draft {
  readonly part: SnapshotPart;
  readonly changed: readonly { readonly keyGroup: number; readonly watermark: number; readonly place: Place }[];
  readonly unchanged: readonly KeyGroupSnapshot[];
  readonly operatorState: Place | null;
}

/**
 * Takes the snapshot of a subtask: what has changed since `base` goes into one new blob, and groups that have not changed are referred
 * to where they lie. When it is over, what it returns is independent of what the operators do next.
 */
export function takeSnapshot(
  parts: readonly SnapshotPart[],
  checkpoint: CheckpointId,
  base: CheckpointId | null,
  blobName: string,
): TakenSnapshot {
  const bytes = new GrowingBlob();
  const drafts = parts.map((part) => {
    try {
      return draftOf(part, checkpoint, base, bytes);
    } catch (error) {
      throw failureOfThrown(part.culprit, 'while its state was written', error);
    }
  });
  const content = bytes.content();
  const blob: BlobHandle = { name: blobName, bytes: content.length, checksum: checksumText(content) };
  const operators = drafts.map((draft) => finished(draft, blob, checkpoint));
  return {
    operators: operators.filter(({ keyGroups, operatorState }) => keyGroups.length > 0 || operatorState !== null),
    blob: content.length === 0 ? null : { name: blobName, bytes: content },
  };
}

/** crc32 as handles have it. */
export const checksumText = (bytes: Uint8Array): string => crc32(bytes).toString(16).padStart(8, '0');

function draftOf(part: SnapshotPart, checkpoint: CheckpointId, base: CheckpointId | null, bytes: GrowingBlob): Draft {
  const { keyed, tables, items } = part;
  const table = tables?.at(base) ?? null;
  const groups = keyed?.state.snapshot(checkpoint, table === null ? null : base) ?? { changed: [], unchanged: [] };
  return {
    part,
    changed: groups.changed.map((group) => ({
      keyGroup: group.keyGroup,
      watermark: group.watermark,
      place: bytes.append(group.bytes),
    })),
    // The bytes still hold; time has gone on all the same.
    unchanged: groups.unchanged.map((keyGroup) => {
      const known = table?.get(keyGroup) as KeyGroupSnapshot;
      return { ...known, watermark: Math.max(known.watermark, keyed?.watermark ?? known.watermark) };
    }),
    operatorState: items.length === 0 ? null : bytes.append(writtenItems(part.culprit, items)),
  };
}

function finished(
  { part, changed, unchanged, operatorState }: Draft,
  blob: BlobHandle,
  id: CheckpointId,
): OperatorSnapshot {
  const range = (place: Place): StateRange => ({ blob, ...place });
  const keyGroups = [
    ...changed.map(({ keyGroup, watermark, place }) => ({ keyGroup, watermark, range: range(place) })),
    ...unchanged,
  ].sort((a, b) => a.keyGroup - b.keyGroup);
  part.tables?.record(id, keyGroups);
  const serializers: SerializerIdentity[] = [
    ...(part.keyed?.state.serializers() ?? []),
    ...(operatorState === null ? [] : [operatorStateSerializer(part.itemsKind)]),
  ];
  return {
    uid: part.culprit.uid,
    serializers,
    keyGroups,
    operatorState: operatorState === null ? null : range(operatorState),
  };
}

function writtenItems(culprit: Culprit, items: readonly unknown[]): Uint8Array {
  try {
    return itemsBytes(items);
  } catch (error) {
    if (!(error instanceof Unstorable)) throw error;
    const what = `${culpritText(culprit)} cannot be snapshotted: an item of its operator state${error.message}`;
    throw new TaskFailure(failure('STATE_UNSUPPORTED', 'user', `${what}. State is plain data`, 'never'));
  }
}

class GrowingBlob {
  private readonly pieces: Uint8Array[] = [];
  private length = 0;

  append(piece: Uint8Array): Place {
    const place = { offset: this.length, bytes: piece.length };
    this.pieces.push(piece);
    this.length += piece.length;
    return place;
  }

  content(): Uint8Array {
    const content = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.pieces) {
      content.set(piece, at);
      at += piece.length;
    }
    return content;
  }
}
