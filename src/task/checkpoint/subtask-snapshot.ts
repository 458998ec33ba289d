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
import type { KeyGroupPart, StateProgress, StateSnapshot } from '../../state/state-snapshot.js';
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

/** A savepoint is whole: it builds on nothing, and nothing builds on it. */
export type SnapshotForm =
  | { readonly kind: 'checkpoint'; readonly base: CheckpointId | null }
  | { readonly kind: 'savepoint' };

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

type Place = Omit<StateRange, 'blob'>;

type PlacedPart = Omit<KeyGroupPart, 'bytes'> & { readonly place: Place };

/** A draft whose bytes have their places in the blob. */
interface Placed {
  readonly draft: Draft;
  readonly parts: readonly PlacedPart[];
  readonly items: Place | null;
}

/** So many bytes are put into the blob in the time of an entry. */
const entryBytes = 256;

/**
 * The snapshot of a subtask under way. Made when the barrier goes through, it holds everything as it was then; it is written slice by slice while
 * records go on, into one new blob. Of key groups that have changed since `base` that is the whole group or what changed, behind the chain that the
 * group has there; the others are referred to where they lie.
 */
export class SnapshotUnderWay {
  private readonly drafts: Draft[] = [];
  private next = 0;
  private placing: Generator<number, void, void> | null = null;
  private blob = new SnapshotBlob(0);
  private readonly placed: Placed[] = [];

  constructor(
    parts: readonly SnapshotPart[],
    readonly checkpoint: CheckpointId,
    private readonly form: SnapshotForm,
    private readonly blobName: string,
  ) {
    for (const part of parts) {
      try {
        this.drafts.push(draftOf(part, checkpoint, form));
      } catch (error) {
        this.cancel();
        throw failureOfThrown(part.culprit, 'while its state was written', error);
      }
    }
  }

  /** Writes about `entriesMax` entries of keyed state, and puts what is written into the blob; once it is done, `taken` tells what became of it. */
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
    this.placing ??= this.place();
    for (let leftBytes = entriesMax * entryBytes; leftBytes > 0; ) {
      const placed = this.placing.next();
      if (placed.done === true) return 'done';
      leftBytes -= placed.value;
    }
    return 'progress';
  }

  taken(): TakenSnapshot {
    const { content, checksum } = this.blob;
    const blob: BlobHandle = { name: this.blobName, bytes: content.length, checksum };
    const operators = this.placed.map(({ draft, parts, items }): OperatorSnapshot => {
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
      if (this.form.kind === 'checkpoint') draft.tables?.record(this.checkpoint, keyGroups);
      const { serializers, culprit } = draft;
      return { uid: culprit.uid, serializers, keyGroups, operatorState: items === null ? null : { blob, ...items } };
    });
    return {
      operators: operators.filter(({ keyGroups, operatorState }) => keyGroups.length > 0 || operatorState !== null),
      blob: content.length === 0 ? null : { name: this.blobName, bytes: content },
    };
  }

  /** Piece by piece, because to copy and to sum up all of a large snapshot takes long; yields how many bytes each had. */
  private *place(): Generator<number, void, void> {
    const sizes = this.drafts.map(({ keyed, items }) =>
      (keyed?.changed ?? []).reduce((sum, { bytes }) => sum + bytes.length, items?.length ?? 0),
    );
    this.blob = new SnapshotBlob(sizes.reduce((sum, size) => sum + size, 0));
    for (const draft of this.drafts) {
      const parts: PlacedPart[] = [];
      for (const { bytes, ...part } of draft.keyed?.changed ?? []) {
        parts.push({ ...part, place: this.blob.append(bytes) });
        yield bytes.length;
      }
      this.placed.push({ draft, parts, items: draft.items === null ? null : this.blob.append(draft.items) });
    }
  }

  /** Nobody wants it any more. */
  cancel(): void {
    for (const { keyed } of this.drafts) keyed?.cancel();
  }
}

/** crc32 as handles have it. */
export const checksumText = (bytes: Uint8Array): string => hexadecimal(crc32(bytes));

const hexadecimal = (sum: number): string => sum.toString(16).padStart(8, '0');

function draftOf(part: SnapshotPart, checkpoint: CheckpointId, form: SnapshotForm): Draft {
  const { culprit, keyed, tables, items, itemsKind } = part;
  const table = form.kind === 'checkpoint' ? (tables?.at(form.base) ?? null) : null;
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
    keyed: (form.kind === 'savepoint' ? keyed?.state.fullSnapshot() : keyed?.state.snapshot(checkpoint, table)) ?? null,
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

/** What is to become durable, with its checksum as handles have it. */
class SnapshotBlob {
  readonly content: Uint8Array;
  private length = 0;
  private sum = 0;

  constructor(size: number) {
    this.content = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer, 0, size);
  }

  append(piece: Uint8Array): Place {
    const place = { offset: this.length, bytes: piece.length };
    this.content.set(piece, this.length);
    this.sum = crc32(piece, this.sum);
    this.length += piece.length;
    return place;
  }

  get checksum(): string {
    return hexadecimal(this.sum);
  }
}
