import type {
  BlobHandle,
  CheckpointManifest,
  OperatorSnapshot,
  Split,
  StateRange,
} from '../../../actors/protocol/manifest.js';
import { createHeapState } from '../../state/heap/heap-state.js';
import type { KeyedStateBackend } from '../../state/keyed-state.js';
import { itemsOf } from '../../task/checkpoint/plain-items.js';
import { type JobSpec, type SimRecord, stageUid, type UnderWay } from '../jobs/index.js';
import { type Held, heldName } from '../jobs/operator-state.js';
import type { SimStore } from '../sim-store.js';

/** What a sink has in a checkpoint: prepared, and not known to be committed. */
export interface PendingCommit {
  readonly checkpoint: { readonly epoch: number; readonly n: number };
  readonly committables: readonly unknown[];
}

/** The splits that each reader of a source holds in a checkpoint, by subtask. */
export function splitsOfReaders(
  store: SimStore,
  manifest: CheckpointManifest,
  uid: string,
): ReadonlyMap<string, readonly Split[]> {
  const splits = new Map<string, readonly Split[]>();
  for (const { subtask, snapshot } of snapshotsOf(manifest, uid))
    splits.set(subtask, itemsIn(store, snapshot) as Split[]);
  return splits;
}

/** The committables of a sink in a checkpoint, those of all its subtasks; those of dead letters for any other operator. */
export function committablesOf(store: SimStore, manifest: CheckpointManifest, uid: string): readonly unknown[] {
  return snapshotsOf(manifest, uid)
    .flatMap(({ snapshot }) => itemsIn(store, snapshot) as (Partial<PendingCommit> & DeadLettersItem)[])
    .flatMap((item) => (item.deadLetters ?? item).committables ?? []);
}

/** The operator state of one operator in a checkpoint, that of all its subtasks. */
function operatorItemsOf(store: SimStore, manifest: CheckpointManifest, uid: string): readonly unknown[] {
  return snapshotsOf(manifest, uid).flatMap(({ snapshot }) => itemsIn(store, snapshot));
}

/** What each subtask of an operator in the checkpoint has as operator state; of one that has none, nothing. */
export function operatorItemsBySubtask(
  store: SimStore,
  manifest: CheckpointManifest,
  uid: string,
): ReadonlyMap<string, readonly unknown[]> {
  return new Map(snapshotsOf(manifest, uid).map(({ subtask, snapshot }) => [subtask, itemsIn(store, snapshot)]));
}

/** One subtask's list states, as one item. */
interface ListsItem {
  readonly lists: readonly (readonly [name: string, mode: string, values: readonly unknown[]])[];
}

/** The entries of a list state of an operator in a checkpoint, those of all its subtasks. */
export const listEntriesOf = (
  store: SimStore,
  manifest: CheckpointManifest,
  uid: string,
  name: string,
): readonly unknown[] =>
  (operatorItemsOf(store, manifest, uid) as readonly ListsItem[]).flatMap(({ lists }) =>
    lists.flatMap(([each, , values]) => (each === name ? values : [])),
  );

/** An asynchronous stage keeps its records as themselves until their results are out; one that holds records has seen them, and the next has not. */
export function underWayIn(store: SimStore, { stages }: JobSpec, manifest: CheckpointManifest): readonly UnderWay[] {
  return stages.flatMap((each, stage) => {
    if (each.kind === 'hold') {
      const held = listEntriesOf(store, manifest, stageUid(stage), heldName) as readonly Held[];
      return held.map(({ record }) => ({ stage: stage + 1, record }));
    }
    const items = each.kind === 'async' ? operatorItemsOf(store, manifest, stageUid(stage)) : [];
    return (items as readonly { value: SimRecord }[]).map(({ value }) => ({ stage, record: value }));
  });
}

/** How the sink of an operator's dead letters shows among its items. */
interface DeadLettersItem {
  readonly deadLetters?: Partial<PendingCommit>;
}

/**
 * The keyed state of one operator in a checkpoint, that of all its subtasks in one, read by the code that a restore
 * uses.
 */
export function keyedStateOf(
  store: SimStore,
  manifest: CheckpointManifest,
  uid: string,
  maxParallelism: number,
): KeyedStateBackend {
  const range = { first: 0, last: maxParallelism - 1 };
  const state = createHeapState({ operator: uid, maxParallelism, range, development: false });
  for (const { snapshot } of snapshotsOf(manifest, uid)) {
    for (const { keyGroup, watermark, ranges } of snapshot.keyGroups) {
      const parts = ranges.map((place) => bytesOf(store, place));
      state.load({ keyGroup, watermark, parts }, snapshot.serializers);
    }
  }
  return state;
}

function snapshotsOf(
  { subtasks }: CheckpointManifest,
  uid: string,
): readonly { readonly subtask: string; readonly snapshot: OperatorSnapshot }[] {
  return subtasks.flatMap(({ subtask, operators }) =>
    operators.filter((snapshot) => snapshot.uid === uid).map((snapshot) => ({ subtask, snapshot })),
  );
}

const itemsIn = (store: SimStore, { operatorState }: OperatorSnapshot): readonly unknown[] =>
  operatorState === null ? [] : itemsOf(bytesOf(store, operatorState));

function bytesOf(store: SimStore, { blob, offset, bytes }: StateRange): Uint8Array {
  const content = store.blobs.get((blob as BlobHandle).name);
  return content === undefined ? new Uint8Array(0) : content.subarray(offset, offset + bytes);
}
