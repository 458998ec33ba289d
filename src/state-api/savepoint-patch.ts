import type { SerializerIdentity } from '../../actors/protocol/manifest.js';
import { mistake } from '../api/engine-error.js';
import type { GroupImage, StoredState } from '../state/group-image.js';
import { identityFor } from '../state/heap/column-serializer.js';
import { keyGroupOf } from '../state/key-groups.js';
import type { WrittenBy } from '../state/value-serializer.js';
import { type PatchedOperator, PatchingOperator } from './patched-operator.js';
import { statesOf } from './saved-operator.js';
import type { SavepointParts } from './savepoint-parts.js';

/** What is to be different in another savepoint. Nothing is done before all of it is known. */
export interface PatchedSavepoint {
  /** By its uid in the savepoint that is patched. Throws OPERATOR_UNKNOWN for one that the job did not have. */
  operator<K = unknown>(uid: string): PatchedOperator<K>;
  /** Its state is that of the operator `to` from here on. Throws OPERATOR_EXISTS. */
  renameOperator(uid: string, to: string): void;
  /** Nothing of its state is kept: keyed state, positions of a source, what a sink is to commit. */
  dropOperator(uid: string): void;
}

/** The image of a key group, and how states of the operator stand that it does not have itself. */
export type Change = (image: GroupImage, forms: ReadonlyMap<string, StoredState>) => void;

/** Edits of one operator, in the order in which they were asked for. */
export class OperatorEdits {
  /** States that the savepoint does not have, and who writes them. */
  readonly added = new Map<string, SerializerIdentity>();
  readonly dropped = new Set<string>();
  private readonly everywhere: { readonly at: number; readonly change: Change }[] = [];
  private readonly byGroup = new Map<number, { readonly at: number; readonly change: Change }[]>();
  private count = 0;

  constructor(readonly maxParallelism: number) {}

  /** For one key. */
  addFor(key: unknown, change: Change): void {
    const group = keyGroupOf(key, this.maxParallelism);
    const edits = this.byGroup.get(group) ?? [];
    edits.push({ at: this.count++, change });
    this.byGroup.set(group, edits);
  }

  addForAll(change: Change): void {
    this.everywhere.push({ at: this.count++, change });
  }

  declare(name: string, kind: SerializerIdentity['kind'], by: WrittenBy | null): void {
    this.added.set(name, identityFor(name, kind, by));
  }

  /** Key groups with keys of which something is asked. */
  get groups(): readonly number[] {
    return [...this.byGroup.keys()];
  }

  /** What is to be done to one group; empty for nothing. */
  changesOf(keyGroup: number): readonly Change[] {
    const edits = [...this.everywhere, ...(this.byGroup.get(keyGroup) ?? [])];
    return edits.sort((a, b) => a.at - b.at).map(({ change }) => change);
  }
}

/** Takes down what is asked for, and refuses what cannot be. */
export class SavepointPatch implements PatchedSavepoint {
  readonly renamed = new Map<string, string>();
  readonly dropped = new Set<string>();
  private readonly edits = new Map<string, OperatorEdits>();

  constructor(private readonly parts: SavepointParts) {}

  operator<K = unknown>(uid: string): PatchedOperator<K> {
    this.require(uid);
    return new PatchingOperator<K>(uid, this.editsOf(uid), statesOf(this.parts, uid));
  }

  renameOperator(uid: string, to: string): void {
    this.require(uid);
    if (this.uids.includes(to) && !this.renamed.has(to)) {
      throw mistake(
        'OPERATOR_EXISTS',
        `Savepoint '${this.parts.manifest.name}' has an operator '${to}' already. Rename that one first.`,
      );
    }
    this.renamed.set(uid, to);
  }

  dropOperator(uid: string): void {
    this.require(uid);
    this.dropped.add(uid);
  }

  of(uid: string): OperatorEdits | null {
    return this.edits.get(uid) ?? null;
  }

  /** Operators of which anything is asked. */
  get edited(): readonly string[] {
    return [...this.edits.keys()].filter((uid) => !this.dropped.has(uid));
  }

  private editsOf(uid: string): OperatorEdits {
    const known = this.edits.get(uid) ?? new OperatorEdits(this.parts.maxParallelism(uid));
    this.edits.set(uid, known);
    return known;
  }

  private get uids(): readonly string[] {
    return this.parts.manifest.graph.vertices.flatMap(({ operators }) => operators.map(({ uid }) => uid));
  }

  private require(uid: string): void {
    if (this.uids.includes(uid)) return;
    const known = this.uids.map((each) => `'${each}'`).join(', ');
    throw mistake(
      'OPERATOR_UNKNOWN',
      `The job of savepoint '${this.parts.manifest.name}' has no operator '${uid}'. It has ${known}.`,
    );
  }
}
