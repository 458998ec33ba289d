import { mistake } from '../api/engine-error.js';
import type { GroupImage, StoredContent, StoredState } from '../state/group-image.js';
import { encodedBy, readerOf, stateText, type ValueSerializer, type WrittenBy } from '../state/value-serializer.js';
import { type SavedStateInfo, touchedMs } from './saved-operator.js';
import type { Change, OperatorEdits } from './savepoint-patch.js';

export interface PatchOptions<T> {
  /** The job's serializer of the state, of the version that wrote it. Without it values are taken for what stands in the savepoint. */
  readonly serializer?: ValueSerializer<T>;
  /** Of a state that the savepoint does not have: it has a TTL. */
  readonly ttl?: boolean;
}

/** When a value of a state with a TTL was last touched; by default what the key has there before, so that it expires when that would. */
export interface Touch {
  readonly touchedMs: number;
}

/** One state of a savepoint as it is to be written. Reading sees what earlier calls have asked for. */
export interface PatchedState<K, T> {
  /** Throws KEY_UNSUPPORTED for what cannot be a key. A value that cannot be stored rejects the patch with STATE_UNSUPPORTED. */
  set(key: K, value: T, touch?: Touch): void;
  /** What the key has in this state is gone; a key that has nothing there is no mistake. */
  delete(key: K): void;
  /** `change` gets what the key has there, undefined for nothing, and returns what it is to have; undefined: nothing. */
  update(key: K, change: (value: T | undefined) => T | undefined, touch?: Touch): void;
  /** The same for every key that has something there. */
  updateAll(change: (value: T, key: K) => T | undefined): void;
}

/** The state of one operator as it is to be written. Throws STATE_CONFLICT for a state that is of another kind. */
export interface PatchedOperator<K> {
  value<T>(name: string, options?: PatchOptions<T>): PatchedState<K, T>;
  reducing<T>(name: string, options?: PatchOptions<T>): PatchedState<K, T>;
  /** Of accumulators. */
  aggregating<Acc>(name: string, options?: PatchOptions<Acc>): PatchedState<K, Acc>;
  list<T>(name: string, options?: PatchOptions<T>): PatchedState<K, readonly T[]>;
  /** Keys and values of each map, in the order in which the map is to have them. */
  map<MK, T>(name: string, options?: PatchOptions<T>): PatchedState<K, readonly (readonly [MK, T])[]>;
  /** All that the key has: also its timers and windows. */
  deleteKey(key: K): void;
  /** The state, and what all keys have in it. Timers can be dropped so too. */
  dropState(name: string): void;
}

type Kind = 'value' | 'reducing' | 'aggregating' | 'list' | 'map';
type Convert = (value: unknown) => unknown;

export class PatchingOperator<K> implements PatchedOperator<K> {
  constructor(
    private readonly uid: string,
    private readonly edits: OperatorEdits,
    private readonly states: readonly SavedStateInfo[],
  ) {}

  value<T>(name: string, options: PatchOptions<T> = {}): PatchedState<K, T> {
    return this.state(name, 'value', options);
  }

  reducing<T>(name: string, options: PatchOptions<T> = {}): PatchedState<K, T> {
    return this.state(name, 'reducing', options);
  }

  aggregating<Acc>(name: string, options: PatchOptions<Acc> = {}): PatchedState<K, Acc> {
    return this.state(name, 'aggregating', options);
  }

  list<T>(name: string, options: PatchOptions<T> = {}): PatchedState<K, readonly T[]> {
    return this.state(name, 'list', options);
  }

  map<MK, T>(name: string, options: PatchOptions<T> = {}): PatchedState<K, readonly (readonly [MK, T])[]> {
    return this.state(name, 'map', options);
  }

  deleteKey(key: K): void {
    this.edits.addFor(key, (image) => image.delete(key, null));
  }

  dropState(name: string): void {
    this.edits.dropped.add(name);
    this.edits.added.delete(name);
    this.edits.addForAll((image) => image.dropState(name));
  }

  private state<T>(name: string, kind: Kind, options: PatchOptions<unknown>): PatchedState<K, T> {
    const serializer = options.serializer ?? null;
    const where = stateText(this.uid, name);
    const info = this.known(name, kind, serializer, where);
    const read =
      (info === null ? null : readerOf(where, info.serializer, serializer ?? asItIs(info))) ?? ((data) => data);
    const write: Convert = (value) => (serializer === null ? value : encodedBy(where, serializer, value));
    const change = (key: unknown, make: (value: T | undefined) => T | undefined, touch?: Touch): Change => {
      return (image, forms) => {
        const state = image.states.find((each) => each.name === name) ??
          forms.get(name) ?? { name, kind, timed: options.ttl === true };
        const before = image.get(key, name);
        const after = make(before === null ? undefined : (plainOf(before, read) as T));
        if (after === undefined) image.delete(key, name);
        else image.set(key, state, contentOf(state, { value: after, write, before, touch, where }));
      };
    };
    const { edits } = this;
    return {
      set: (key, value, touch) =>
        edits.addFor(
          key,
          change(key, () => value, touch),
        ),
      delete: (key) => edits.addFor(key, (image) => image.delete(key, name)),
      update: (key, make, touch) => edits.addFor(key, change(key, make, touch)),
      updateAll: (make) =>
        edits.addForAll((image, forms) => {
          const keys = [...image.contentsOf(name)].map(([key]) => key);
          for (const key of keys)
            change(key, (value) => (value === undefined ? undefined : make(value, key as K)))(image, forms);
        }),
    };
  }

  /** The state in the savepoint; null for a new one, which is added. */
  private known(
    name: string,
    kind: Kind,
    serializer: ValueSerializer<unknown> | null,
    where: string,
  ): SavedStateInfo | null {
    const info = this.edits.dropped.has(name) ? undefined : this.states.find((each) => each.name === name);
    if (info === undefined) {
      const added = this.edits.added.get(name);
      if (added !== undefined && added.kind !== kind) this.refuseKind(name, added.kind, kind);
      this.edits.declare(name, kind, serializer);
      return null;
    }
    if (info.kind !== kind) this.refuseKind(name, info.kind, kind);
    const { serializer: written } = info;
    if (serializer === null || isSame(written, serializer)) return info;
    const by = written === null ? 'none' : `'${written.name}' version ${written.version}`;
    throw mistake(
      'SERIALIZER_CHANGED',
      `${where} was written by serializer ${by}, and is to be patched with '${serializer.name}' version ${serializer.version}: ` +
        'all values of a state are of one version. Give the one that wrote it.',
    );
  }

  private refuseKind(name: string, is: string, used: Kind): never {
    throw mistake(
      'STATE_CONFLICT',
      `State '${name}' of operator '${this.uid}' is ${is} state: patch it as that, not as ${used} state.`,
    );
  }
}

const isSame = (written: WrittenBy | null, { name, version }: WrittenBy): boolean =>
  written !== null && written.name === name && written.version === version;

/** Reads what a serializer of the job wrote without it: as it stands. */
const asItIs = ({ serializer }: SavedStateInfo): ValueSerializer<unknown> | null =>
  serializer === null
    ? null
    : { name: serializer.name, version: serializer.version, encode: (value) => value, decode: (data) => data };

/** As the code of a job sees it. */
function plainOf(content: StoredContent, read: Convert): unknown {
  switch (content.kind) {
    case 'timers':
      return content.timers;
    case 'list':
      return content.values.map(read);
    case 'map':
      return content.entries.map(([key, value]) => [key, read(value)] as const);
    default:
      return read(content.value);
  }
}

interface NewContent {
  readonly value: unknown;
  readonly write: Convert;
  readonly before: ReturnType<GroupImage['get']>;
  readonly touch: Touch | undefined;
  readonly where: string;
}

function contentOf({ kind, timed }: StoredState, { value, write, before, touch, where }: NewContent): StoredContent {
  const atMs = timed ? (touch?.touchedMs ?? (before === null ? null : touchedMs(before))) : null;
  if (timed && atMs === null) {
    throw mistake(
      'STATE_TIME_MISSING',
      `${where} has a TTL, and the key has nothing there yet: say when the value was last touched, with { touchedMs }.`,
    );
  }
  switch (kind) {
    case 'list': {
      const values = (value as readonly unknown[]).map(write);
      return { kind, values, times: atMs === null ? null : values.map(() => atMs) };
    }
    case 'map': {
      const entries = (value as readonly (readonly [unknown, unknown])[]).map(
        ([key, each]) => [key, write(each)] as const,
      );
      return { kind, entries, times: atMs === null ? null : entries.map(() => atMs) };
    }
    case 'timers':
      throw mistake('STATE_CONFLICT', `${where} holds timers, which cannot be set.`);
    default:
      return { kind, value: write(value), atMs };
  }
}
