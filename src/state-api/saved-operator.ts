import type { SerializerIdentity } from '../../actors/protocol/manifest.js';
import { mistake } from '../api/engine-error.js';
import type { GroupImage, StoredContent } from '../state/group-image.js';
import { writtenBy } from '../state/heap/column-serializer.js';
import { keyGroupOf } from '../state/key-groups.js';
import { readerOf, stateText, type ValueSerializer, type WrittenBy } from '../state/value-serializer.js';
import { type SavedWindow, windowsOf } from './saved-windows.js';
import type { SavepointParts } from './savepoint-parts.js';

/** A keyed state of an operator, as a savepoint names it. */
export interface SavedStateInfo {
  readonly name: string;
  readonly kind: SerializerIdentity['kind'];
  /** The serializer of the job that wrote its values; null where they are plain data. */
  readonly serializer: WrittenBy | null;
}

/** What one key has in one state. */
export interface SavedEntry<K, T> {
  readonly key: K;
  readonly value: T;
  /** Of a state with a TTL: when it was last touched, in milliseconds since 1970; of a list or map when its newest entry was. Null for one without. */
  readonly touchedMs: number | null;
}

/** One timer that has not fired. */
export interface SavedTimer<K> {
  readonly key: K;
  readonly timeDomain: 'eventTime' | 'processingTime';
  /** Milliseconds. */
  readonly time: number;
  /** Of the engine's own timers what they are for, such as a window; null for those of a process function. */
  readonly namespace: unknown;
}

/** All that one state holds; read from the savepoint as it is asked for, by key group. */
export interface SavedState<K, T> extends AsyncIterable<SavedEntry<K, T>> {
  /** Undefined when the key has nothing there. */
  get(key: K): Promise<T | undefined>;
}

export interface ReadOptions<T> {
  /** The job's serializer of the state, which makes values of what stands there. Without it, that is what comes. */
  readonly serializer?: ValueSerializer<T>;
}

/** The state of one operator in a savepoint. `K` is the type of its keys. */
export class SavedOperator<K = unknown> {
  readonly states: readonly SavedStateInfo[];

  constructor(
    private readonly parts: SavepointParts,
    readonly uid: string,
  ) {
    this.states = statesOf(parts, uid);
  }

  /** Throws STATE_UNKNOWN for a name that the operator does not have, STATE_CONFLICT for a state of another kind; so do the next four. */
  value<T>(name: string, options: ReadOptions<T> = {}): SavedState<K, T> {
    return this.state(name, 'value', options, (content, read) =>
      content.kind === 'value' ? (read(content.value) as T) : otherKind(content),
    );
  }

  /** What `get` of the state gives before its result is made: the reduction itself. */
  reducing<T>(name: string, options: ReadOptions<T> = {}): SavedState<K, T> {
    return this.state(name, 'reducing', options, (content, read) =>
      content.kind === 'reducing' ? (read(content.value) as T) : otherKind(content),
    );
  }

  /** The accumulators. */
  aggregating<Acc>(name: string, options: ReadOptions<Acc> = {}): SavedState<K, Acc> {
    return this.state(name, 'aggregating', options, (content, read) =>
      content.kind === 'aggregating' ? (read(content.value) as Acc) : otherKind(content),
    );
  }

  list<T>(name: string, options: ReadOptions<T> = {}): SavedState<K, readonly T[]> {
    return this.state(name, 'list', options, (content, read) =>
      content.kind === 'list' ? (content.values.map(read) as T[]) : otherKind(content),
    );
  }

  /** Keys and values of each map, in the map's order. */
  map<MK, T>(name: string, options: ReadOptions<T> = {}): SavedState<K, readonly (readonly [MK, T])[]> {
    return this.state(name, 'map', options, (content, read) =>
      content.kind === 'map'
        ? content.entries.map(([key, value]) => [key as MK, read(value) as T] as const)
        : otherKind(content),
    );
  }

  /** Of all keys, in no order of time. */
  async *timers(): AsyncGenerator<SavedTimer<K>> {
    for (const { name } of this.states.filter(({ kind }) => kind === 'timers')) {
      const timeDomain = name.endsWith('/processing-time') ? 'processingTime' : 'eventTime';
      for await (const image of this.groups()) {
        for (const [key, content] of image.contentsOf(name)) {
          for (const { time, namespace } of content.kind === 'timers' ? content.timers : []) {
            yield { key: key as K, timeDomain, time, namespace };
          }
        }
      }
    }
  }

  /** What the windows of a window operator hold. Throws STATE_UNKNOWN for an operator without windows. */
  async *windows<C = unknown>(): AsyncGenerator<SavedWindow<K, C>> {
    const panes = this.states.some(({ name }) => name === 'window/panes');
    const state = panes ? 'window/panes' : 'window/contents';
    this.info(state, 'map');
    const items = await this.items();
    for await (const image of this.groups()) {
      for (const [key, content] of image.contentsOf(state)) yield* windowsOf<K, C>(key as K, content, items);
    }
  }

  /** Operator state as the operator has written it, of all subtasks: positions of readers, what a sink is to commit, broadcast state. */
  async items(): Promise<readonly unknown[]> {
    const all: unknown[] = [];
    for (const snapshot of this.parts.snapshotsOf(this.uid)) all.push(...(await this.parts.itemsOf(snapshot)));
    return all;
  }

  /** Its key groups, one by one: the form in which all of the above stands. */
  async *groups(): AsyncGenerator<GroupImage> {
    for (const snapshot of this.parts.snapshotsOf(this.uid)) yield* this.parts.groupsOf(snapshot);
  }

  /** The key group of a key; nothing when it is empty. Throws KEY_UNSUPPORTED. */
  async *groupsWith(key: unknown): AsyncGenerator<GroupImage> {
    const group = keyGroupOf(key, this.parts.maxParallelism(this.uid));
    for (const snapshot of this.parts.snapshotsOf(this.uid)) {
      const keyGroups = snapshot.keyGroups.filter(({ keyGroup }) => keyGroup === group);
      yield* this.parts.groupsOf({ ...snapshot, keyGroups });
    }
  }

  /** Throws STATE_UNKNOWN for a name that the operator does not have. */
  require(name: string): SavedStateInfo {
    const info = this.states.find((each) => each.name === name);
    if (info !== undefined) return info;
    const known = this.states.map((each) => `${each.kind} state '${each.name}'`).join(', ') || 'no keyed state';
    throw mistake('STATE_UNKNOWN', `Operator '${this.uid}' has no state '${name}' in the savepoint. It has ${known}.`);
  }

  private state<T>(
    name: string,
    kind: SavedStateInfo['kind'],
    { serializer }: ReadOptions<unknown>,
    contentOf: (content: StoredContent, read: (data: unknown) => unknown) => T,
  ): SavedState<K, T> {
    const { serializer: written } = this.info(name, kind);
    const where = stateText(this.uid, name);
    const read = serializer === undefined ? null : readerOf(where, written, serializer as ValueSerializer<unknown>);
    const made = (content: StoredContent): T => contentOf(content, read ?? ((data) => data));
    const groupsWith = (key: unknown): AsyncGenerator<GroupImage> => this.groupsWith(key);
    const groups = (): AsyncGenerator<GroupImage> => this.groups();
    return {
      async get(key) {
        for await (const image of groupsWith(key)) {
          const content = image.get(key, name);
          if (content !== null) return made(content);
        }
        return undefined;
      },
      async *[Symbol.asyncIterator]() {
        for await (const image of groups()) {
          for (const [key, content] of image.contentsOf(name)) {
            yield { key: key as K, value: made(content), touchedMs: touchedMs(content) };
          }
        }
      },
    };
  }

  private info(name: string, kind: SavedStateInfo['kind']): SavedStateInfo {
    const info = this.require(name);
    if (info.kind === kind) return info;
    throw mistake(
      'STATE_CONFLICT',
      `State '${name}' of operator '${this.uid}' is ${info.kind} state: read it as that, not as ${kind} state.`,
    );
  }
}

/** The keyed states of an operator, timers among them, by name. */
export function statesOf(parts: SavepointParts, uid: string): readonly SavedStateInfo[] {
  const known = new Map<string, SavedStateInfo>();
  for (const { serializers } of parts.snapshotsOf(uid)) {
    for (const identity of serializers) {
      const { state: name, kind } = identity;
      if (!kind.startsWith('operator')) known.set(name, { name, kind, serializer: writtenBy(identity) });
    }
  }
  return [...known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** When it was last touched, of what has several values the newest. */
export function touchedMs(content: StoredContent): number | null {
  if (content.kind === 'timers') return null;
  if (content.kind !== 'list' && content.kind !== 'map') return content.atMs;
  return content.times === null ? null : content.times.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}

/** The bytes say another kind than the list of serializers beside them. */
function otherKind({ kind }: StoredContent): never {
  throw mistake(
    'STATE_UNREADABLE',
    `A state is ${kind} state where the savepoint says that it is another. Take another savepoint.`,
  );
}
