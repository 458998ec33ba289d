import type { Failure } from '../../../actors/kernel/failure.js';
import type { RestorePlan } from '../../../actors/protocol/deployment.js';
import {
  type BlobHandle,
  type OperatorSnapshot,
  rangesOf,
  type SerializerIdentity,
  type StateRange,
} from '../../../actors/protocol/manifest.js';
import type { KeyedStateBackend } from '../../state/keyed-state.js';
import { Unreadable } from '../../state/value-reader.js';
import { type Procedure, until } from '../operator/procedures.js';
import { TaskFailure } from '../task-failure.js';
import { damaged, loadBlob, type StoreRequest, type StoreSetting } from './checkpoint-store.js';
import { isOperatorStateSerializer, itemsOf } from './plain-items.js';
import type { StateTables } from './state-tables.js';

/** About a millisecond of loading. */
const sliceBytes = 65_536;

/** The blobs of a restore plan, read all at once and checked. */
export class RestoredState {
  private readonly contents = new Map<string, Uint8Array>();
  private readonly requests: StoreRequest[] = [];
  private missing: number;
  failure: Failure | null = null;

  constructor(
    private readonly plan: RestorePlan,
    setting: StoreSetting,
    wake: () => void,
  ) {
    const handles = new Map(handlesOf(plan).map((handle) => [handle.name, handle]));
    this.missing = handles.size;
    for (const handle of handles.values()) {
      const request = loadBlob(setting, handle, (result) => {
        if (result instanceof Uint8Array) this.contents.set(handle.name, result);
        else this.failure ??= result;
        this.missing -= 1;
        wake();
      });
      this.requests.push(request);
    }
  }

  get isOver(): boolean {
    return this.missing === 0 || this.failure !== null;
  }

  /** Loads the key groups that the backend owns, and remembers where they lie. Pauses now and then, so that other tasklets have their turns. */
  *loadKeyGroups(uid: string, state: KeyedStateBackend, tables: StateTables, pause: () => Procedure): Procedure {
    const { from } = this.plan;
    const own = this.snapshotsOf(uid).flatMap(({ keyGroups, serializers }) =>
      keyGroups
        .filter(({ keyGroup }) => keyGroup >= state.range.first && keyGroup <= state.range.last)
        .map((group) => ({ group, serializers })),
    );
    let loadedBytes = 0;
    for (const { group, serializers } of own) {
      const { keyGroup, watermark, ranges } = group;
      const parts = ranges.map((range) => this.bytesOf(range));
      state.load({ keyGroup, watermark, parts }, serializers);
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

  /** The items of operator state that fall to this subtask, in the order of the plan. */
  items(uid: string): readonly unknown[] {
    return this.snapshotsOf(uid).flatMap(({ operatorState, serializers }) =>
      operatorState === null ? [] : this.itemsIn(operatorState, serializers),
    );
  }

  cancel(): void {
    for (const request of this.requests) request.cancel();
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

const handlesOf = ({ operators }: RestorePlan): readonly BlobHandle[] =>
  operators.flatMap((operator) => rangesOf(operator).map(({ blob }) => blob));
