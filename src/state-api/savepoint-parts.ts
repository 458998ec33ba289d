import type { OperatorSnapshot, StateRange } from '../../actors/protocol/manifest.js';
import type { SavepointManifest } from '../../actors/protocol/savepoint.js';
import { mistake } from '../api/engine-error.js';
import type { BlobStore } from '../ports/blob-store.js';
import { readSavepointBlob } from '../savepoint/index.js';
import { GroupImage, type StoredState } from '../state/group-image.js';
import { Unreadable, ValueReader } from '../state/value-reader.js';

/** One subtask's file and the next one's. */
const heldMax = 2;
/** Of a checkpoint the pieces of a key group may lie in so many. */
const heldOfChainsMax = 12;

/** The pieces of a savepoint as they are wanted: of its files no more than two are in memory, of those of a checkpoint twelve. */
export class SavepointParts {
  private readonly heldMax: number;
  private readonly held = new Map<string, Promise<Uint8Array>>();

  constructor(
    private readonly blobs: BlobStore,
    readonly manifest: SavepointManifest,
  ) {
    const groups = manifest.checkpoint.subtasks.flatMap(({ operators }) => operators.flatMap((each) => each.keyGroups));
    this.heldMax = groups.some(({ ranges }) => ranges.length > 1) ? heldOfChainsMax : heldMax;
  }

  /** How many key groups an operator has. */
  maxParallelism(uid: string): number {
    const vertex = this.manifest.graph.vertices.find(({ operators }) => operators.some((each) => each.uid === uid));
    if (vertex !== undefined) return vertex.maxParallelism;
    throw mistake(
      'SAVEPOINT_DAMAGED',
      `Savepoint '${this.manifest.name}' has state of operator '${uid}', and its graph does not know it.`,
    );
  }

  /** Rejects with SAVEPOINT_DAMAGED. */
  async bytesOf({ blob, offset, bytes }: StateRange): Promise<Uint8Array> {
    let content = this.held.get(blob.name);
    if (content === undefined) {
      const [oldest] = this.held.keys();
      if (this.held.size >= this.heldMax && oldest !== undefined) this.held.delete(oldest);
      content = readSavepointBlob(this.blobs, this.manifest, blob);
      this.held.set(blob.name, content);
      // What failed is read again: a store may answer later, and a file be put back.
      content.catch(() => this.held.delete(blob.name));
    }
    return (await content).subarray(offset, offset + bytes);
  }

  /** The key groups of one subtask, one by one. */
  async *groupsOf({ uid, keyGroups }: OperatorSnapshot): AsyncGenerator<GroupImage> {
    const setting = { operator: uid, maxParallelism: this.maxParallelism(uid) };
    for (const { keyGroup, watermark, ranges } of keyGroups) {
      const parts: Uint8Array[] = [];
      for (const range of ranges) parts.push(await this.bytesOf(range));
      yield GroupImage.read(setting, { keyGroup, watermark, parts });
    }
  }

  async itemsOf({ uid, operatorState }: OperatorSnapshot): Promise<readonly unknown[]> {
    if (operatorState === null) return [];
    const reader = new ValueReader(await this.bytesOf(operatorState));
    const items: unknown[] = [];
    try {
      while (!reader.atEnd()) items.push(reader.read());
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      throw mistake('STATE_UNREADABLE', `The operator state of '${uid}' cannot be read: ${error.message}.`);
    }
    return items;
  }

  /** Operator state of all subtasks. */
  async itemsOfOperator(uid: string): Promise<readonly unknown[]> {
    const items: unknown[] = [];
    for (const snapshot of this.snapshotsOf(uid)) items.push(...(await this.itemsOf(snapshot)));
    return items;
  }

  /** How the states of an operator stand: with a TTL or without one, which only the bytes tell. */
  async formsOf(uid: string): Promise<ReadonlyMap<string, StoredState>> {
    for (const snapshot of this.snapshotsOf(uid)) {
      const [first] = snapshot.keyGroups;
      if (first === undefined) continue;
      for await (const { states } of this.groupsOf({ ...snapshot, keyGroups: [first] })) {
        return new Map(states.map((state) => [state.name, state]));
      }
    }
    return new Map();
  }

  /** What the subtasks of an operator have written; empty for one without state. */
  snapshotsOf(uid: string): readonly OperatorSnapshot[] {
    return this.manifest.checkpoint.subtasks.flatMap(({ operators }) => operators.filter((each) => each.uid === uid));
  }
}
