import { type Failure, failure } from '../../../actors/kernel/failure.js';
import type { RestorePlan } from '../../../actors/protocol/deployment.js';
import { checkpointText, compareCheckpoints } from '../../../actors/protocol/ids.js';
import type {
  BlobHandle,
  KeyGroupSnapshot,
  OperatorSnapshot,
  SerializerIdentity,
  Split,
  StateRange,
} from '../../../actors/protocol/manifest.js';
import { originId } from '../../../actors/protocol/savepoint.js';
import { isItemOf, itemsText } from '../../operators/operator-state.js';
import type { KeyedStateBackend } from '../../state/keyed-state.js';
import { Unreadable } from '../../state/value-reader.js';
import { type Procedure, until } from '../operator/procedures.js';
import type { MemoryShare } from '../slot/slot-memory.js';
import { TaskFailure } from '../task-failure.js';
import { damaged, loadBlob, type StoreRequest, type StoreSetting } from './checkpoint-store.js';
import { isOperatorStateSerializer, itemsOf } from './plain-items.js';
import type { StateTables } from './state-tables.js';

/** About a millisecond of loading. */
const sliceBytes = 65_536;
/** So many groups are looked at for what to read next. */
const groupsAhead = 32;

/** What a restore is given beside its plan. */
export interface RestoreSetting {
  /** What it may hold before it is loaded; shared with snapshots, of which there are none yet. */
  readonly snapshotMemory: MemoryShare;
  wake(): void;
}

/**
 * The blobs of a restore plan, each checked. Those of operator state are read first and stay; those of keyed state are read a little ahead of
 * where they are loaded, and are gone when their last group is: all of them may be more than memory.
 */
export class RestoredState {
  private readonly contents = new Map<string, Uint8Array>();
  private readonly requests = new Map<string, StoreRequest>();
  private heldBytes = 0;
  private readonly first: ReadonlySet<string>;
  failure: Failure | null = null;

  constructor(
    private readonly plan: RestorePlan,
    private readonly store: StoreSetting,
    private readonly setting: RestoreSetting,
  ) {
    const handles = plan.operators.flatMap(({ operatorState }) => (operatorState === null ? [] : [operatorState.blob]));
    this.first = new Set(handles.map(({ name }) => name));
    for (const handle of handles) this.fetch(handle);
  }

  /** What is read first is there. */
  get isOver(): boolean {
    return this.failure !== null || [...this.first].every((name) => this.contents.has(name));
  }

  /**
   * Throws when there is state of an operator that nobody takes: keyed state of one that is not among the keyed ones, or operator state of one that has none. It would
   * be lost without a word, unless it may be left behind.
   */
  requireTaken({
    keyed,
    stateful,
  }: {
    readonly keyed: ReadonlySet<string>;
    readonly stateful: ReadonlySet<string>;
  }): void {
    for (const { uid, keyGroups } of this.plan.operators) {
      if (keyGroups.length > 0 && !keyed.has(uid))
        this.refuse(uid, 'keyed state', 'is not keyed any more. Key its input again');
      if (!stateful.has(uid)) this.items(uid, () => false);
    }
  }

  /**
   * Loads the key groups that the backend owns, and remembers where they lie. Pauses now and then, so that other tasklets have their turns, and
   * waits while the backend cannot write back what it was given.
   */
  *loadKeyGroups(uid: string, state: KeyedStateBackend, tables: StateTables, pause: () => Procedure): Procedure {
    const { from } = this.plan;
    const own = this.snapshotsOf(uid).flatMap(({ keyGroups, serializers }) =>
      keyGroups
        .filter(({ keyGroup }) => keyGroup >= state.range.first && keyGroup <= state.range.last)
        .map((group) => ({ group, serializers })),
    );
    const left = new Map<string, number>();
    for (const { group } of own) for (const name of namesOf(group)) left.set(name, (left.get(name) ?? 0) + 1);
    let loadedBytes = 0;
    for (const [at, { group, serializers }] of own.entries()) {
      const { keyGroup, watermark, ranges } = group;
      for (const { blob } of ranges) this.fetch(blob);
      for (let next = at + 1; next < Math.min(own.length, at + groupsAhead); next += 1) {
        if (this.setting.snapshotMemory.isFull) break;
        for (const { blob } of own[next]?.group.ranges ?? []) this.fetch(blob);
      }
      yield* until(() => this.failure !== null || ranges.every(({ blob }) => this.contents.has(blob.name)));
      if (this.failure !== null) throw new TaskFailure(this.failure);
      const parts = ranges.map((range) => this.bytesOf(range));
      state.load({ keyGroup, watermark, parts }, serializers);
      for (const name of namesOf(group)) {
        const more = (left.get(name) ?? 0) - 1;
        left.set(name, more);
        if (more === 0) this.forget(name);
      }
      yield* until(() => state.admits());
      loadedBytes += parts.reduce((sum, { length }) => sum + length, 0);
      if (loadedBytes < sliceBytes) continue;
      loadedBytes = 0;
      yield* pause();
    }
    yield* until(() => state.ready());
    if (from === null) return;
    state.restored(from);
    tables.record(
      from,
      own.map(({ group }) => group),
    );
  }

  /** The items of operator state that fall to this subtask, in the order of the plan. Throws when one is not taken, unless it may be left behind. */
  items(uid: string, takes: (item: unknown) => boolean): readonly unknown[] {
    const items = this.snapshotsOf(uid).flatMap(({ operatorState, serializers }) =>
      operatorState === null ? [] : this.itemsIn(operatorState, serializers),
    );
    const lost = items.filter((item) => !takes(item));
    if (lost.length > 0)
      this.refuse(
        uid,
        itemsText(lost),
        'has no such state any more. Give it another uid, and that one back to the operator that had it',
      );
    return lost.length === 0 ? items : items.filter(takes);
  }

  /** Where the readers of a source stood, as far as it falls to this one. */
  positions(source: string): readonly Split[] {
    return this.items(source, (item) => isItemOf('positions', item)) as readonly Split[];
  }

  private refuse(uid: string, what: string, why: string): void {
    const { from, dropsState } = this.plan;
    if (from === null || dropsState === true) return;
    const where = compareCheckpoints(from, originId) === 0 ? 'the savepoint' : `checkpoint ${checkpointText(from)}`;
    const message = `Operator '${uid}' has ${what} in ${where}, and ${why}, or leave that state behind with --allow-dropped-state.`;
    throw new TaskFailure(failure('STATE_UNMATCHED', 'user', message, 'never'));
  }

  /** Lets go of all that it holds: everything is loaded, or nobody wants it any more. */
  cancel(): void {
    for (const request of this.requests.values()) request.cancel();
    this.requests.clear();
    this.contents.clear();
    this.setting.snapshotMemory.release(this.heldBytes);
    this.heldBytes = 0;
  }

  private fetch(handle: BlobHandle): void {
    const { name, bytes } = handle;
    if (this.requests.has(name) || this.contents.has(name) || this.failure !== null) return;
    this.heldBytes += bytes;
    this.setting.snapshotMemory.take(bytes);
    // The process may end within the call.
    let sent: StoreRequest | null = null;
    const request: StoreRequest = { cancel: () => sent?.cancel() };
    this.requests.set(name, request);
    sent = loadBlob(this.store, handle, (result) => {
      this.requests.delete(name);
      if (result instanceof Uint8Array) this.contents.set(name, result);
      else this.failure ??= result;
      this.setting.wake();
    });
  }

  /** Unless operator state is in it too. */
  private forget(name: string): void {
    const content = this.contents.get(name);
    if (content === undefined || this.first.has(name)) return;
    this.contents.delete(name);
    this.heldBytes -= content.length;
    this.setting.snapshotMemory.release(content.length);
  }

  private snapshotsOf(uid: string): readonly OperatorSnapshot[] {
    return this.plan.operators.filter((snapshot) => snapshot.uid === uid);
  }

  private itemsIn(range: StateRange, serializers: readonly SerializerIdentity[]): readonly unknown[] {
    if (!serializers.some(isOperatorStateSerializer))
      throw new TaskFailure(damaged(range.blob, 'its operator state was written by an unknown serializer'));
    try {
      return itemsOf(this.bytesOf(range));
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      throw new TaskFailure(damaged(range.blob, `its operator state cannot be read: ${error.message}`));
    }
  }

  private bytesOf({ blob, offset, bytes }: StateRange): Uint8Array {
    const content = this.contents.get(blob.name);
    if (content === undefined || offset + bytes > content.length) {
      throw new TaskFailure(damaged(blob, `it has no bytes ${offset} to ${offset + bytes}`));
    }
    return content.subarray(offset, offset + bytes);
  }
}

const namesOf = ({ ranges }: KeyGroupSnapshot): ReadonlySet<string> => new Set(ranges.map(({ blob }) => blob.name));
