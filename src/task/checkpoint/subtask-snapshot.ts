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
import type { SnapshotUpload } from './snapshot-upload.js';
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
  /** Of all its blobs. */
  readonly bytes: number;
}

/** Where the blobs of a snapshot go while it is written. */
export type SnapshotOutlet = Pick<SnapshotUpload, 'blobBytes' | 'isFull' | 'hold' | 'put'>;

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

/** Bytes in a blob, which has a handle when it is complete. */
interface Place extends Omit<StateRange, 'blob'> {
  readonly blob: SnapshotBlob;
}

type PlacedPart = Omit<KeyGroupPart, 'bytes'> & { readonly place: Place };

/** A draft whose bytes have their places in blobs. */
interface Placed {
  readonly draft: Draft;
  readonly parts: PlacedPart[];
  items: Place | null;
}

/** So many bytes are put into a blob in the time of an entry. */
const entryBytes = 256;

/**
 * The snapshot of a subtask under way. Made when the barrier goes through, it holds everything as it was then; it is written slice by slice while
 * records go on, into new blobs, each of which leaves as soon as it is complete: a snapshot may be larger than memory. Of key groups that have changed since
 * `base` that is the whole group or what changed, behind the chain that the group has there; the others are referred to where they lie.
 */
export class SnapshotUnderWay {
  private readonly drafts: Draft[] = [];
  private next = 0;
  private blob: SnapshotBlob | null = null;
  private blobs = 0;
  private bytes = 0;
  private readonly placed: Placed[] = [];

  constructor(
    parts: readonly SnapshotPart[],
    readonly checkpoint: CheckpointId,
    private readonly form: SnapshotForm,
    private readonly blobName: string,
    private readonly outlet: SnapshotOutlet,
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

  /**
   * Writes about `entriesMax` entries of keyed state, and puts what is written into blobs. It is `blocked` also while too much of what is written waits to
   * become durable. Once it is done, `taken` tells what became of it.
   */
  advance(entriesMax: number): StateProgress {
    let leftBytes = entriesMax * entryBytes;
    for (; this.next < this.drafts.length; this.next += 1) {
      const draft = this.drafts[this.next] as Draft;
      const placed = this.placedAt(this.next, draft);
      for (;;) {
        leftBytes -= this.place(placed, leftBytes);
        if (leftBytes <= 0) return 'progress';
        if (this.outlet.isFull) {
          // What has begun must leave too, or nothing would ever make room.
          this.seal();
          if (this.outlet.isFull) return 'blocked';
        }
        const progress = advanced(draft, entriesMax);
        if (progress !== 'done') {
          this.place(placed, leftBytes);
          return progress;
        }
        if (draft.keyed === null || draft.keyed.changed.length === 0) break;
      }
      if (draft.items !== null) placed.items = this.append(draft.items);
    }
    this.seal();
    return 'done';
  }

  taken(): TakenSnapshot {
    const operators = this.placed.map(({ draft, parts, items }): OperatorSnapshot => {
      const keyGroups = [
        ...parts.map(({ keyGroup, watermark, kind, place }) => {
          const before = kind === 'full' ? [] : knownAt(draft, keyGroup).ranges;
          return { keyGroup, watermark, ranges: [...before, rangeOf(place)] };
        }),
        ...(draft.keyed?.unchanged ?? []).map((keyGroup) => {
          const known = knownAt(draft, keyGroup);
          return { ...known, watermark: Math.max(known.watermark, draft.watermark) };
        }),
      ].sort((a, b) => a.keyGroup - b.keyGroup);
      if (this.form.kind === 'checkpoint') draft.tables?.record(this.checkpoint, keyGroups);
      const { serializers, culprit } = draft;
      return { uid: culprit.uid, serializers, keyGroups, operatorState: items === null ? null : rangeOf(items) };
    });
    return {
      operators: operators.filter(({ keyGroups, operatorState }) => keyGroups.length > 0 || operatorState !== null),
      bytes: this.bytes,
    };
  }

  /** Nobody wants it any more. */
  cancel(): void {
    for (const { keyed } of this.drafts) keyed?.cancel();
  }

  private placedAt(index: number, draft: Draft): Placed {
    const placed = this.placed[index] ?? { draft, parts: [], items: null };
    this.placed[index] = placed;
    return placed;
  }

  /** Piece by piece, because to sum up all of a large snapshot takes long; returns how many bytes it has placed. */
  private place({ draft, parts }: Placed, bytesMax: number): number {
    const changed = draft.keyed?.changed ?? [];
    let placedBytes = 0;
    let count = 0;
    for (; count < changed.length && placedBytes < bytesMax; count += 1) {
      const { bytes, ...part } = changed[count] as KeyGroupPart;
      parts.push({ ...part, place: this.append(bytes) });
      placedBytes += bytes.length;
    }
    changed.splice(0, count);
    return placedBytes;
  }

  private append(piece: Uint8Array): Place {
    const { outlet } = this;
    if (this.blob !== null && this.blob.bytes + piece.length > outlet.blobBytes) this.seal();
    this.blob ??= new SnapshotBlob(this.blobs === 0 ? this.blobName : `${this.blobName}.${this.blobs}`);
    outlet.hold(piece.length);
    return this.blob.append(piece);
  }

  private seal(): void {
    const { blob } = this;
    if (blob === null) return;
    this.blob = null;
    this.blobs += 1;
    this.bytes += blob.bytes;
    this.outlet.put({ name: blob.name, bytes: blob.content() });
  }
}

function advanced({ keyed, culprit }: Draft, entriesMax: number): StateProgress {
  if (keyed === null) return 'done';
  try {
    return keyed.advance(entriesMax);
  } catch (error) {
    throw failureOfThrown(culprit, 'while its state was written', error);
  }
}

const rangeOf = ({ blob, offset, bytes }: Place): StateRange => ({ blob: blob.handle, offset, bytes });

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

/** What is to become durable together, with its checksum as handles have it. */
class SnapshotBlob {
  bytes = 0;
  private pieces: Uint8Array[] = [];
  private sum = 0;

  constructor(readonly name: string) {}

  append(piece: Uint8Array): Place {
    const place = { blob: this, offset: this.bytes, bytes: piece.length };
    this.pieces.push(piece);
    this.sum = crc32(piece, this.sum);
    this.bytes += piece.length;
    return place;
  }

  /** Whole, once. */
  content(): Uint8Array {
    const { pieces } = this;
    this.pieces = [];
    const content = new Uint8Array(Buffer.allocUnsafeSlow(this.bytes).buffer, 0, this.bytes);
    let at = 0;
    for (const piece of pieces) {
      content.set(piece, at);
      at += piece.length;
    }
    return content;
  }

  get handle(): BlobHandle {
    return { name: this.name, bytes: this.bytes, checksum: hexadecimal(this.sum) };
  }
}
