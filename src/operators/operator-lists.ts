import type { OperatorStateKind } from '../../actors/protocol/manifest.js';
import { deepFreeze } from '../state/deep-freeze.js';
import type { StateOptions } from '../state/descriptors.js';
import { Admission } from '../state/heap/admission.js';
import type { DeepReadonly, ListState } from '../state/keyed-state.js';
import { StateFailure } from '../state/state-failure.js';
import { checkedSerializer, readerOf, type ValueSerializer, type WrittenBy } from '../state/value-serializer.js';
import type { OperatorContext, RestoredOperatorState } from './operator.js';

/**
 * State of one subtask as a whole, whatever the key. It is in every checkpoint. At another parallelism the subtasks share it out:
 * of a list state each gets an even part of all entries, of a union-list state each gets all of them.
 */
export interface OperatorStateAccess {
  /** The job goes on from a checkpoint: what states hold then comes from there. */
  readonly isRestored: boolean;
  /** Throws STATE_CONFLICT when the name is that of a union-list state. */
  listState<T>(name: string, options?: OperatorStateOptions<T>): ListState<T>;
  /** Every subtask gets the entries of all; what it does not take out, or replace, is in the next checkpoint as often as there are subtasks. */
  unionListState<T>(name: string, options?: OperatorStateOptions<T>): ListState<T>;
}

/** A function that keeps operator state: Flink's CheckpointedFunction. */
export interface WithOperatorState {
  /** The first call of all: asks for the operator state, and finds in it what a checkpoint had. */
  initializeState?(state: OperatorStateAccess): void;
  /** Before each checkpoint: the last chance to bring operator state up to date. It must not emit. */
  snapshotState?(): void;
}

/** What a state of a subtask may be given beside its name. */
export type OperatorStateOptions<T> = Pick<StateOptions<T>, 'serializer'>;

type Mode = 'list' | 'union';

/** One subtask's operator state, as one item of a snapshot. */
interface Piece {
  readonly subtask: number;
  readonly parallelism: number;
  readonly lists: readonly Written[];
}

/** The last two stand there for a serializer of the job alone. */
type Written = readonly [name: string, mode: Mode, values: readonly unknown[], serializer?: string, version?: number];

/** The operator state of one subtask by name. What a snapshot holds and the code does not ask for is kept: a part of it each, also of what is a union. */
export class OperatorLists implements OperatorStateAccess {
  readonly isRestored: boolean;
  private readonly lists = new Map<string, OperatorList<unknown>>();
  private readonly pieces: readonly Piece[];

  constructor(
    private readonly context: Pick<OperatorContext<never>, 'uid' | 'subtaskIndex' | 'parallelism'>,
    { from, items }: RestoredOperatorState,
  ) {
    this.isRestored = from !== null;
    this.pieces = items.map((item) => this.requirePiece(item)).sort((a, b) => a.subtask - b.subtask);
    for (const { lists } of this.pieces) {
      for (const [name, mode, , serializer, version] of lists) {
        if (this.lists.has(name)) continue;
        const written = serializer === undefined || version === undefined ? null : { name: serializer, version };
        this.add(name, mode, written).restore(this.share(name));
      }
    }
  }

  /** Fields, so that a function may take them out of what it is given. */
  readonly listState = <T>(name: string, { serializer }: OperatorStateOptions<T> = {}): ListState<T> =>
    this.list(name, 'list').declare(serializer) as ListState<T>;

  readonly unionListState = <T>(name: string, { serializer }: OperatorStateOptions<T> = {}): ListState<T> => {
    const isRestored = this.lists.has(name);
    const list = this.list(name, 'union');
    if (isRestored && !list.declared) list.restore(this.all(name));
    return list.declare(serializer) as ListState<T>;
  };

  /** Which pieces of a snapshot other subtasks need. */
  get kind(): OperatorStateKind {
    return [...this.lists.values()].some(({ mode }) => mode === 'union') ? 'operatorUnion' : 'operatorSplit';
  }

  snapshot(): readonly Piece[] {
    const lists = [...this.lists].flatMap(([name, list]): Written[] => {
      const { mode, by } = list;
      const values = list.stored();
      if (values.length === 0) return [];
      return [by === null ? [name, mode, values] : [name, mode, values, by.name, by.version]];
    });
    const { subtaskIndex, parallelism } = this.context;
    return lists.length === 0 ? [] : [{ subtask: subtaskIndex, parallelism, lists }];
  }

  private list(name: string, mode: Mode): OperatorList<unknown> {
    const list = this.lists.get(name) ?? this.add(name, mode, null);
    if (list.mode === mode) return list;
    throw new StateFailure(
      'STATE_CONFLICT',
      'user',
      `operator state '${name}' of operator '${this.context.uid}' is used as ${modeText[mode]} state and is ` +
        `${modeText[list.mode]} state already, in the code or in the checkpoint it was restored from; give one of the two another name`,
    );
  }

  private add(name: string, mode: Mode, written: WrittenBy | null): OperatorList<unknown> {
    const list = new OperatorList<unknown>(mode, new Admission(this.context.uid, name, false), written);
    this.lists.set(name, list);
    return list;
  }

  private all(name: string): readonly unknown[] {
    return this.pieces.flatMap(({ lists }) => lists.flatMap(([each, , values]) => (each === name ? values : [])));
  }

  /** While the parallelism stays each keeps its own; else all entries, one piece behind the other, are cut into even parts. */
  private share(name: string): readonly unknown[] {
    const { subtaskIndex, parallelism } = this.context;
    if (this.pieces.every((piece) => piece.parallelism === parallelism)) {
      const own = this.pieces.filter(({ subtask }) => subtask === subtaskIndex);
      return own.flatMap(({ lists }) => lists.flatMap(([each, , values]) => (each === name ? values : [])));
    }
    const all = this.all(name);
    const cut = (index: number): number =>
      Math.floor(all.length / parallelism) * index + Math.min(index, all.length % parallelism);
    return all.slice(cut(subtaskIndex), cut(subtaskIndex + 1));
  }

  private requirePiece(item: unknown): Piece {
    const { subtask, parallelism, lists } = (item ?? {}) as Partial<Piece>;
    if (typeof subtask === 'number' && typeof parallelism === 'number' && Array.isArray(lists)) {
      return { subtask, parallelism, lists };
    }
    throw new StateFailure(
      'STATE_UNREADABLE',
      'user',
      `operator '${this.context.uid}': the restored state is not that of a process function; ` +
        'give the function another uid than the operator that wrote it',
    );
  }
}

const modeText = { list: 'list', union: 'union-list' } as const;

/** What was handed out is never changed again. */
class OperatorList<T> implements ListState<T> {
  /** By the code of this attempt. Until then values stand as they were written. */
  declared = false;
  private values: T[] = [];
  private handedOut = false;

  constructor(
    readonly mode: Mode,
    private readonly admission: Admission,
    /** The job's serializer that wrote what was restored. */
    private readonly written: WrittenBy | null,
  ) {}

  /** Who writes it. */
  get by(): WrittenBy | null {
    return this.declared ? this.admission.serializer : this.written;
  }

  restore(values: readonly unknown[]): void {
    this.values = values.map((value) => deepFreeze(value) as T);
  }

  declare(given: ValueSerializer<unknown> | undefined): this {
    const { admission } = this;
    const serializer = given ?? null;
    if (this.declared) return this;
    if (serializer !== null) admission.serializer = checkedSerializer(admission.where, serializer);
    if (this.values.length > 0) {
      const read = readerOf(admission.where, this.written, serializer);
      if (read !== null) this.restore(this.values.map(read));
    }
    this.declared = true;
    return this;
  }

  stored(): readonly unknown[] {
    const { admission, values } = this;
    return admission.serializer === null ? values : values.map((value) => admission.stored(value));
  }

  get(): readonly DeepReadonly<T>[] {
    this.handedOut = true;
    return this.values as readonly unknown[] as readonly DeepReadonly<T>[];
  }

  add(value: T | DeepReadonly<T>): void {
    this.admission.admit(value);
    if (this.handedOut) this.values = [...this.values];
    this.handedOut = false;
    this.values.push(deepFreeze(value) as T);
  }

  update(values: readonly (T | DeepReadonly<T>)[]): void {
    for (const value of values) this.admission.admit(value);
    this.values = values.map((value) => deepFreeze(value) as T);
    this.handedOut = false;
  }

  clear(): void {
    this.update([]);
  }
}
