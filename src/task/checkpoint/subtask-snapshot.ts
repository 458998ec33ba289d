import { crc32 } from 'node:zlib';
import { failure } from '../../../actors/kernel/failure.js';
import { InvariantViolation } from '../../../actors/kernel/invariant.js';
import type { CheckpointId } from '../../../actors/protocol/ids.js';
import type {
  BlobHandle,
  KeyGroupSnapshot,
  OperatorSnapshot,
  OperatorStateKind,
  SerializerIdentity,
  StateRange,
} from '../../../actors/protocol/manifest.js';
import type { StateProgress, StateSnapshot } from '../../state/state-snapshot.js';
import { Unstorable } from '../../state/value-writer.js';
import type { KeyedPart } from '../chain/chain-part.js';
import { type Culprit, culpritText, failureOfThrown, TaskFailure } from '../task-failure.js';
import { itemsBytes, operatorStateSerializer } from './plain-items.js';
import type { BaseTable, StateTables } from './state-tables.js';

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

/** One part as it was when the barrier went through. */
interface Draft {
  readonly culprit: Culprit;
  readonly tables: StateTables | null;
  readonly base: BaseTable | null;
  readonly keyed: StateSnapshot | null;
  /** When the snapshot began: time goes on also for groups whose bytes still hold. */
  readonly watermark: number;
  readonly items: Uint8Array | null;
  readonly serializers: readonly SerializerIdentity[];
}

/**
 * The snapshot of a subtask under way. Made when the barrier goes through, it holds everything as it was then; it is written slice by slice while
 * records go on, into one new blob. Of key groups that have changed since `base` that is the whole group or what changed, behind the chain that the
 * group has there; the others are referred to where they lie.
 */
export class SnapshotUnderWay {
  private readonly drafts: Draft[] = [];
  private next = 0;

  constructor(
    parts: readonly SnapshotPart[],
    readonly checkpoint: CheckpointId,
    base: CheckpointId | null,
    private readonly blobName: string,
  ) {
    for (const part of parts) {
      try {
        this.drafts.push(draftOf(part, checkpoint, base));
      } catch (error) {
        this.cancel();
        throw failureOfThrown(part.culprit, 'while its state was written', error);
      }
    }
  }

  /** Writes about `entriesMax` entries of keyed state; once it is done, `taken` tells what became of it. */
  advance(entriesMax: number): StateProgress {
    for (; this.next < this.drafts.length; this.next += 1) {
      const { keyed, culprit } = this.drafts[this.next] as Draft;
      if (keyed === null) continue;
      try {
        const progress = keyed.advance(entriesMax);
        if (progress !== 'done') return progress;
      } catch (error) {
        throw failureOfThrown(culprit, 'while its state was written', error);
      }
    }
    return 'done';
  }

  taken(): TakenSnapshot {
    const bytes = new GrowingBlob();
    const placed = this.drafts.map((draft) => ({
      draft,
      parts: (draft.keyed?.changed ?? []).map((part) => ({ ...part, place: bytes.append(part.bytes) })),
      items: draft.items === null ? null : bytes.append(draft.items),
    }));
    const content = bytes.content();
    const blob: BlobHandle = { name: this.blobName, bytes: content.length, checksum: checksumText(content) };
    const operators = placed.map(({ draft, parts, items }): OperatorSnapshot => {
      const keyGroups = [
        ...parts.map(({ keyGroup, watermark, kind, place }) => {
          const before = kind === 'full' ? [] : knownAt(draft, keyGroup).ranges;
          return { keyGroup, watermark, ranges: [...before, { blob, ...place }] };
        }),
        ...(draft.keyed?.unchanged ?? []).map((keyGroup) => {
          const known = knownAt(draft, keyGroup);
          return { ...known, watermark: Math.max(known.watermark, draft.watermark) };
        }),
      ].sort((a, b) => a.keyGroup - b.keyGroup);
      draft.tables?.record(this.checkpoint, keyGroups);
      const { serializers, culprit } = draft;
      return { uid: culprit.uid, serializers, keyGroups, operatorState: items === null ? null : { blob, ...items } };
    });
    return {
      operators: operators.filter(({ keyGroups, operatorState }) => keyGroups.length > 0 || operatorState !== null),
      blob: content.length === 0 ? null : { name: this.blobName, bytes: content },
    };
  }

  /** Nobody wants it any more. */
  cancel(): void {
    for (const { keyed } of this.drafts) keyed?.cancel();
  }
}

/** crc32 as handles have it. */
export const checksumText = (bytes: Uint8Array): string => crc32(bytes).toString(16).padStart(8, '0');

function draftOf(part: SnapshotPart, checkpoint: CheckpointId, base: CheckpointId | null): Draft {
  const { culprit, keyed, tables, items, itemsKind } = part;
  const table = tables?.at(base) ?? null;
  return {
    culprit,
    tables,
    base: table,
    items: items.length === 0 ? null : writtenItems(culprit, items),
    serializers: [
      ...(keyed?.state.serializers() ?? []),
      ...(items.length === 0 ? [] : [operatorStateSerializer(itemsKind)]),
    ],
    watermark: keyed?.watermark ?? Number.NEGATIVE_INFINITY,
    keyed: keyed?.state.snapshot(checkpoint, table) ?? null,
  };
}

function knownAt({ base, culprit }: Draft, keyGroup: number): KeyGroupSnapshot {
  const known = base?.group(keyGroup);
  if (known !== undefined) return known;
  throw new InvariantViolation('a key group builds on a base that does not have it', { uid: culprit.uid, keyGroup });
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

  append(piece: Uint8Array): Omit<StateRange, 'blob'> {
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
