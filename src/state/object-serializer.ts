import { isBytes, isPlainObject, nounOf } from './plain-data.js';
import type { ValueSerializer, WrittenBy } from './value-serializer.js';

/** What a field holds. `any`: any plain data, which is told apart no further. */
export type FieldKind = 'string' | 'number' | 'boolean' | 'bigint' | 'bytes' | 'list' | 'object' | 'any';

type KindFor<V> = [V] extends [string]
  ? 'string'
  : [V] extends [number]
    ? 'number'
    : [V] extends [boolean]
      ? 'boolean'
      : [V] extends [bigint]
        ? 'bigint'
        : [V] extends [Uint8Array]
          ? 'bytes'
          : [V] extends [readonly unknown[]]
            ? 'list'
            : [V] extends [object]
              ? 'object'
              : never;

type Kind<V> = KindFor<V> | 'any';

/** Its kind alone, or with what it is where an older version did not have it. */
type FieldForm<T, F extends keyof T> = undefined extends T[F]
  ? { readonly kind: Kind<Exclude<T[F], undefined>>; readonly optional: true; readonly default?: T[F] }
  : Kind<T[F]> | { readonly kind: Kind<T[F]>; readonly default: T[F] };

/** The schema of the objects in a state. */
export interface ObjectForm<T extends object> {
  readonly name: string;
  /** Raised with each change of the fields. Default 1. */
  readonly version?: number;
  readonly fields: { readonly [F in keyof T]-?: FieldForm<T, F> };
  /** Fields of older versions that are gone. One that is gone and not named here is refused: it may have been renamed, and its values would be lost. */
  readonly removed?: readonly string[];
  /** Makes the object from what any older version has written, where defaults and `removed` do not say enough; version 0 is plain data without a serializer. */
  migrate?(data: Readonly<Record<string, unknown>>, fromVersion: number): T;
}

interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly optional: boolean;
  readonly hasDefault: boolean;
  readonly default: unknown;
}

/**
 * A serializer for plain objects whose fields change from version to version of the job. Fields can be added, with a default, and removed, by name; to rename one
 * or to change its kind takes `migrate`. Also reads what was written as plain data, without a serializer. Checkpoints record the fields, so that what cannot be read is
 * refused, with the field and both versions, before a record is processed. Keys do not evolve: they say where state lies.
 *
 * @example
 * ```ts
 * interface Totals {
 *   readonly count: number;
 *   readonly delay: number;
 *   readonly worst: number;
 * }
 * const totals = objectSerializer<Totals>({
 *   name: 'totals',
 *   version: 2,
 *   fields: { count: 'number', delay: 'number', worst: { kind: 'number', default: 0 } },
 *   removed: ['mean'],
 * });
 * const state = valueState('totals', { serializer: totals });
 * ```
 */
export function objectSerializer<T extends object>(form: ObjectForm<T>): ValueSerializer<T> {
  const schema = new Schema<T>(form);
  return {
    name: form.name,
    version: schema.version,
    fields: Object.fromEntries(schema.fields.map(({ name, kind }) => [name, kind])),
    encode: (value) => schema.written(value),
    decode: (data) => data as T,
    readVersion: (version, data) => schema.read(data, version),
    readPlain: (data) => schema.read(data, 0),
    refuses: (written) => schema.refuses(written),
  };
}

class Schema<T extends object> {
  readonly version: number;
  readonly fields: readonly Field[];
  private readonly removed: ReadonlySet<string>;

  constructor(private readonly form: ObjectForm<T>) {
    this.version = form.version ?? 1;
    const forms = Object.entries(form.fields) as [string, FieldKind | Partial<Field>][];
    this.fields = forms.map(([name, given]) => {
      const { kind = 'any', optional = false, default: value } = typeof given === 'string' ? { kind: given } : given;
      return { name, kind, optional, hasDefault: value !== undefined, default: value };
    });
    this.removed = new Set(form.removed);
  }

  /** Fields in the order of the schema, so that the same value has the same bytes. */
  written(value: unknown): Readonly<Record<string, unknown>> {
    if (typeof value !== 'object' || value === null || !isPlainObject(value)) {
      throw new TypeError(`it takes objects, and the value is ${nounOf(value)}`);
    }
    const data: Record<string, unknown> = {};
    let count = 0;
    for (const field of this.fields) {
      if (!Object.hasOwn(value, field.name) && field.optional) continue;
      const of = value[field.name];
      requireKind(field, of);
      data[field.name] = of;
      count += 1;
    }
    if (Object.keys(value).length === count) return data;
    const unknown = Object.keys(value).find((name) => this.field(name) === undefined);
    throw new TypeError(`it does not know the field '${unknown}'`);
  }

  /** What another version has written, or nobody's serializer. */
  read(data: unknown, version: number): T {
    if (typeof data !== 'object' || data === null || !isPlainObject(data)) {
      throw new TypeError(`version ${version} has written ${nounOf(data)}, and it reads objects`);
    }
    if (this.form.migrate !== undefined) return this.written(this.form.migrate(data, version)) as T;
    const value: Record<string, unknown> = {};
    for (const field of this.fields) {
      const { name } = field;
      if (Object.hasOwn(data, name)) {
        requireKind(field, data[name]);
        value[name] = data[name];
      } else if (field.hasDefault) value[name] = field.default;
      else if (!field.optional) throw new TypeError(this.added(name, version));
    }
    for (const name of Object.keys(data)) {
      if (this.field(name) === undefined && !this.removed.has(name)) throw new TypeError(this.gone(name, version));
    }
    return value as T;
  }

  refuses({ version, fields }: WrittenBy): string | null {
    if (version > this.version) return `version ${version} is later than version ${this.version} of the code`;
    if (fields === undefined || (version < this.version && this.form.migrate !== undefined)) return null;
    const changed = this.changed(fields, version);
    if (version < this.version || changed === null) return version < this.version ? changed : this.sameVersion(fields);
    return `the fields changed, and the version is ${version} as before: ${changed}; raise the version too`;
  }

  /** Changes that are allowed need a version of their own too, or nobody could tell which values are whose. */
  private sameVersion(fields: Readonly<Record<string, string>>): string | null {
    const now = this.fields.map(({ name, kind }) => `${name}:${kind}`).sort();
    const before = Object.entries(fields)
      .map(([name, kind]) => `${name}:${kind}`)
      .sort();
    if (now.join() === before.join()) return null;
    const different = [...now, ...before].find((each) => now.includes(each) !== before.includes(each)) ?? '';
    const field = different.slice(0, different.lastIndexOf(':'));
    return `field '${field}' changed, and the version is ${this.version} as before; raise the version too`;
  }

  /** Why values with these fields cannot be read. */
  private changed(fields: Readonly<Record<string, string>>, version: number): string | null {
    for (const [name, kind] of Object.entries(fields)) {
      const field = this.field(name);
      if (field === undefined) {
        if (!this.removed.has(name)) return this.gone(name, version);
      } else if (field.kind !== kind && field.kind !== 'any' && kind !== 'any') {
        return `field '${name}' is ${kind} in version ${version} and ${field.kind} in version ${this.version}; give the serializer a migrate`;
      }
    }
    const added = this.fields.find(
      ({ name, hasDefault, optional }) => !hasDefault && !optional && !Object.hasOwn(fields, name),
    );
    return added === undefined ? null : this.added(added.name, version);
  }

  private field(name: string): Field | undefined {
    return this.fields.find((each) => each.name === name);
  }

  private gone(name: string, version: number): string {
    return `field '${name}' of version ${version} is not in version ${this.version}; name it in removed, or give the serializer a migrate if it has another name now`;
  }

  private added(name: string, version: number): string {
    return `field '${name}' of version ${this.version} is not in version ${version}; give it a default`;
  }
}

function requireKind({ name, kind, optional }: Field, value: unknown): void {
  if (optional && value === undefined) return;
  if (kind === 'any' ? value !== undefined : kindOf(value) === kind) return;
  throw new TypeError(`field '${name}' is ${kind}, and the value has ${nounOf(value)} there`);
}

function kindOf(value: unknown): FieldKind | null {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint':
      return typeof value as FieldKind;
    case 'object':
      if (value === null) return null;
      if (Array.isArray(value)) return 'list';
      return isBytes(value) ? 'bytes' : 'object';
    default:
      return null;
  }
}
