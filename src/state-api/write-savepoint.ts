import { crc32 } from 'node:zlib';
import { subtaskKey } from '../../actors/protocol/ids.js';
import type { JobGraph } from '../../actors/protocol/job-graph.js';
import type {
  BlobHandle,
  KeyGroupSnapshot,
  OperatorSnapshot,
  StateRange,
  SubtaskSnapshot,
} from '../../actors/protocol/manifest.js';
import {
  type SavepointManifest,
  type SavepointOwner,
  savepointBlob,
  savepointKey,
  savepointOwnerKey,
} from '../../actors/protocol/savepoint.js';
import { EngineError, mistake } from '../api/engine-error.js';
import type { BlobStore } from '../ports/blob-store.js';
import { encodeRecord } from '../runtime/host/records.js';
import { nodeEntropy } from '../runtime/world/entropy.js';
import { type LocatedSavepoint, put } from '../savepoint/index.js';
import { GroupImage, type StoredState } from '../state/group-image.js';
import { subtaskOf } from '../state/key-groups.js';
import { StateFailure } from '../state/state-failure.js';
import type { SavepointParts } from './savepoint-parts.js';
import type { SavepointPatch } from './savepoint-patch.js';

/** Of a key group that no job has written: before any watermark. */
const noWatermark = Number.MIN_SAFE_INTEGER;

/**
 * Writes what a savepoint is with a patch, to another place: first its name is claimed, then the state is written subtask by subtask, and the manifest last.
 * Rejects with an EngineError: SAVEPOINT_EXISTS, or what is wrong with an edit; what was written until then is no savepoint.
 */
export async function writePatched(
  parts: SavepointParts,
  patch: SavepointPatch,
  { blobs, name }: LocatedSavepoint,
): Promise<SavepointManifest> {
  const { manifest } = parts;
  const { checkpoint } = manifest;
  const request = nodeEntropy.id();
  const owner: SavepointOwner = { format: 1, job: manifest.job, request };
  await createNew(blobs, name, savepointOwnerKey(name), encodeRecord(owner));
  const placed = await newGroups(parts, patch);
  const subtasks: SubtaskSnapshot[] = [];
  for (const snapshot of checkpoint.subtasks) {
    const place = { run: checkpoint.run, checkpoint: checkpoint.id, subtask: snapshot.subtask };
    const draft = new SubtaskDraft(parts, patch, placed.get(snapshot.subtask) ?? new Map());
    const written = await draft.write(snapshot, savepointBlob(name, place)).catch(asEngineError);
    if (written.blob !== null) await put(blobs, written.blob.handle.name, written.blob.bytes);
    subtasks.push(written.snapshot);
  }
  const enumerators = checkpoint.enumerators
    .filter(({ uid }) => !patch.dropped.has(uid))
    .map((each) => ({ ...each, uid: patch.renamed.get(each.uid) ?? each.uid }));
  const made: SavepointManifest = {
    ...manifest,
    name,
    request,
    graph: renamedGraph(manifest.graph, patch.renamed),
    checkpoint: { ...checkpoint, subtasks, enumerators },
  };
  await createNew(blobs, name, savepointKey(name), encodeRecord(made));
  return made;
}

/** By uid, key groups that the savepoint does not have and the patch puts something into. */
type NewGroups = ReadonlyMap<string, readonly number[]>;

/** What becomes of one subtask: its pieces behind each other, as a job writes them. */
class SubtaskDraft {
  private readonly pieces: Uint8Array[] = [];
  private length = 0;

  constructor(
    private readonly parts: SavepointParts,
    private readonly patch: SavepointPatch,
    private readonly added: NewGroups,
  ) {}

  async write(
    { subtask, operators, drained }: SubtaskSnapshot,
    blobName: string,
  ): Promise<{
    readonly snapshot: SubtaskSnapshot;
    readonly blob: { readonly handle: BlobHandle; readonly bytes: Uint8Array } | null;
  }> {
    const known = new Set(operators.map(({ uid }) => uid));
    const empty = [...this.added.keys()].filter((uid) => !known.has(uid)).map(noSnapshot);
    const drafts: {
      readonly operator: OperatorSnapshot;
      readonly groups: readonly GroupDraft[];
      readonly items: Place | null;
    }[] = [];
    for (const operator of [...operators, ...empty]) {
      if (this.patch.dropped.has(operator.uid)) continue;
      const groups = await this.groupsOf(operator);
      const { operatorState } = operator;
      const items = operatorState === null ? null : this.append(await this.parts.bytesOf(operatorState));
      if (groups.length > 0 || items !== null) drafts.push({ operator, groups, items });
    }
    const bytes = Buffer.concat(this.pieces);
    const handle: BlobHandle = {
      name: blobName,
      bytes: bytes.length,
      checksum: crc32(bytes).toString(16).padStart(8, '0'),
    };
    const range = (place: Place): StateRange => ({ blob: handle, ...place });
    const written = drafts.map(
      ({ operator, groups, items }): OperatorSnapshot => ({
        uid: this.patch.renamed.get(operator.uid) ?? operator.uid,
        serializers: this.serializersOf(operator),
        keyGroups: groups.map(({ place, ...group }): KeyGroupSnapshot => ({ ...group, ranges: [range(place)] })),
        operatorState: items === null ? null : range(items),
      }),
    );
    return { snapshot: { subtask, operators: written, drained }, blob: bytes.length === 0 ? null : { handle, bytes } };
  }

  private async groupsOf(operator: OperatorSnapshot): Promise<readonly GroupDraft[]> {
    const { uid, keyGroups } = operator;
    const edits = this.patch.of(uid);
    const forms = edits === null ? new Map<string, StoredState>() : await this.parts.formsOf(uid);
    const drafts: GroupDraft[] = [];
    for (const group of keyGroups) {
      const { keyGroup, watermark, ranges } = group;
      const changes = edits?.changesOf(keyGroup) ?? [];
      const [only, ...deltas] = ranges;
      if (changes.length === 0 && only !== undefined && deltas.length === 0) {
        drafts.push({ keyGroup, watermark, place: this.append(await this.parts.bytesOf(only)) });
        continue;
      }
      for await (const image of this.parts.groupsOf({ ...operator, keyGroups: [group] })) {
        for (const change of changes) change(image, forms);
        this.appendImage(image, drafts);
      }
    }
    for (const keyGroup of this.added.get(uid) ?? []) {
      const image = new GroupImage(
        { operator: uid, maxParallelism: this.parts.maxParallelism(uid) },
        keyGroup,
        noWatermark,
      );
      for (const change of edits?.changesOf(keyGroup) ?? []) change(image, forms);
      this.appendImage(image, drafts);
    }
    return drafts.sort((a, b) => a.keyGroup - b.keyGroup);
  }

  private serializersOf({ uid, serializers }: OperatorSnapshot): OperatorSnapshot['serializers'] {
    const edits = this.patch.of(uid);
    if (edits === null) return serializers;
    const first = this.parts.snapshotsOf(uid)[0]?.serializers ?? [];
    const kept = (
      serializers.length === 0 ? first.filter(({ kind }) => !kind.startsWith('operator')) : serializers
    ).filter(({ state, kind }) => kind.startsWith('operator') || !(edits.dropped.has(state) || edits.added.has(state)));
    return [...kept, ...edits.added.values()];
  }

  private appendImage(image: GroupImage, drafts: GroupDraft[]): void {
    const bytes = image.bytes();
    if (bytes !== null)
      drafts.push({ keyGroup: image.keyGroup, watermark: image.watermark, place: this.append(bytes) });
  }

  private append(piece: Uint8Array): Place {
    const place = { offset: this.length, bytes: piece.length };
    this.pieces.push(piece);
    this.length += piece.length;
    return place;
  }
}

type Place = Omit<StateRange, 'blob'>;
type GroupDraft = Omit<KeyGroupSnapshot, 'ranges'> & { readonly place: Place };
const noSnapshot = (uid: string): OperatorSnapshot => ({ uid, serializers: [], keyGroups: [], operatorState: null });

/** Where key groups go that come anew: by subtask, to the one that owns them while the parallelism stays. */
async function newGroups(parts: SavepointParts, patch: SavepointPatch): Promise<ReadonlyMap<string, NewGroups>> {
  const placed = new Map<string, Map<string, number[]>>();
  for (const uid of patch.edited) {
    const known = new Set(parts.snapshotsOf(uid).flatMap(({ keyGroups }) => keyGroups.map(({ keyGroup }) => keyGroup)));
    for (const group of patch.of(uid)?.groups ?? []) {
      if (known.has(group)) continue;
      const subtask = subtaskFor(parts, uid, group);
      const byUid = placed.get(subtask) ?? new Map<string, number[]>();
      placed.set(subtask, byUid.set(uid, [...(byUid.get(uid) ?? []), group]));
    }
  }
  return placed;
}

function subtaskFor({ manifest }: SavepointParts, uid: string, keyGroup: number): string {
  const vertex = manifest.graph.vertices.find(({ operators }) => operators.some((each) => each.uid === uid));
  const subtasks = manifest.checkpoint.subtasks.map(({ subtask }) => subtask);
  if (vertex !== undefined) {
    const own = subtaskKey(vertex.id, subtaskOf(keyGroup, vertex.parallelism, vertex.maxParallelism));
    const any = subtasks.includes(own) ? own : subtasks.find((each) => each.startsWith(`${vertex.id}#`));
    if (any !== undefined) return any;
  }
  throw mistake(
    'OPERATOR_ENDED',
    `Operator '${uid}' had ended when savepoint '${manifest.name}' was taken: it can be given no state.`,
  );
}

function renamedGraph(graph: JobGraph, renamed: ReadonlyMap<string, string>): JobGraph {
  const now = (uid: string): string => renamed.get(uid) ?? uid;
  return {
    ...graph,
    vertices: graph.vertices.map((vertex) => ({
      ...vertex,
      operators: vertex.operators.map((each) => ({ ...each, uid: now(each.uid) })),
    })),
    edges: graph.edges.map((edge) =>
      edge.side === null ? edge : { ...edge, side: { ...edge.side, operator: now(edge.side.operator) } },
    ),
  };
}

function createNew(blobs: BlobStore, savepoint: string, key: string, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    blobs.create(key, bytes, (result) => {
      if (result.outcome === 'created') resolve();
      else if (result.outcome === 'failed') reject(new EngineError(result.failure));
      else {
        const what =
          result.outcome === 'exists'
            ? `There is a savepoint '${savepoint}' already`
            : `It is not known whether ${key} was written`;
        reject(mistake('SAVEPOINT_EXISTS', `${what}. Give the new one another name.`));
      }
    });
  });
}

/** Who uses the library meets errors of one kind. */
function asEngineError(error: unknown): never {
  throw error instanceof StateFailure ? new EngineError(error.failure, error) : error;
}
