import { compositeKeyText } from '../canonical-key.js';

/**
 * A Map whose keys are equal when their canonical bytes are. What a Map compares by value already is its own key;
 * tuples and objects are found by their canonical text, in a Map of their own, where it can meet no string of a user.
 * Iterates in the order of insertion, tuples and objects last.
 */
export class CanonicalMap<K, V> {
  private readonly primitives = new Map<K, V>();
  private composites: Map<string, [K, V]> | null = null;

  get size(): number {
    return this.primitives.size + (this.composites?.size ?? 0);
  }

  /** Throws KEY_UNSUPPORTED, as every access does. */
  get(key: K): V | undefined {
    return this.getBy(key, compositeKeyText(key));
  }

  /** `text` is compositeKeyText(key), for callers that know it. */
  getBy(key: K, text: string | null): V | undefined {
    return text === null ? this.primitives.get(key) : this.composites?.get(text)?.[1];
  }

  /** For a key that is known to be neither a tuple nor an object, nor NaN. */
  getPrimitive(key: K): V | undefined {
    return this.primitives.get(key);
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  set(key: K, value: V): void {
    const text = compositeKeyText(key);
    if (text === null) {
      this.primitives.set(key, value);
      return;
    }
    this.composites ??= new Map();
    const pair = this.composites.get(text);
    if (pair === undefined) this.composites.set(text, [key, value]);
    else pair[1] = value;
  }

  /** False when there was none. */
  delete(key: K): boolean {
    const text = compositeKeyText(key);
    return text === null ? this.primitives.delete(key) : (this.composites?.delete(text) ?? false);
  }

  /** May be changed while it is iterated, as a Map may. */
  *entries(): Generator<readonly [K, V]> {
    yield* this.primitives;
    if (this.composites !== null) yield* this.composites.values();
  }
}
