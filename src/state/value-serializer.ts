import { nounOf } from './plain-data.js';
import { StateFailure } from './state-failure.js';

/**
 * How values of a state that are no plain data, such as instances of a class, stand in checkpoints. State in memory holds the values themselves;
 * `encode` runs when a checkpoint is written and `decode` when one is restored, so both must be pure. A checkpoint says which serializer and version wrote
 * a state: another name is refused, and so is another version, unless `readVersion` reads it.
 *
 * Values are immutable, instances of classes too. One that was changed by a method must be given back to its state, or no checkpoint need hold the change.
 */
export interface ValueSerializer<T> {
  /** Names the form in checkpoints; it outlives versions of the job and what builds do to names of classes. */
  readonly name: string;
  /** Of the form, from 1: raised with each change that `decode` cannot read. */
  readonly version: number;
  /** Plain data, or bytes. */
  encode(value: T): unknown;
  /** The value again, from what `encode` has made of it. */
  decode(data: unknown): T;
  /** Reads what an older `version` has written. */
  readVersion?(version: number, data: unknown): T;
  /** Reads what was written without a serializer, as plain data; without this, such state is refused. */
  readPlain?(data: unknown): T;
  /** Of a serializer of objects: the kinds of their fields, which checkpoints record. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Why it cannot read what another version has written, as far as that shows before values are read; null when it can. */
  refuses?(written: WrittenBy): string | null;
}

/** What a class needs to be kept in state. */
export interface ClassForm<T, Data> {
  readonly name: string;
  /** Default 1. */
  readonly version?: number;
  encode(value: T): Data;
  decode(data: Data): T;
  readVersion?(version: number, data: unknown): T;
}

/**
 * A serializer for the instances of a class; those of other classes, of subclasses too, are refused when they are written.
 *
 * @example
 * ```ts
 * class Money {
 *   constructor(readonly cents: bigint, readonly currency: string) {}
 * }
 * const money = classSerializer(Money, {
 *   name: 'money',
 *   encode: ({ cents, currency }) => ({ cents, currency }),
 *   decode: ({ cents, currency }) => new Money(cents, currency),
 * });
 * const balance = valueState('balance', { serializer: money });
 * ```
 */
export function classSerializer<T extends object, Data>(
  type: abstract new (...args: never[]) => T,
  form: ClassForm<NoInfer<T>, Data>,
): ValueSerializer<T> {
  const { readVersion } = form;
  return {
    name: form.name,
    version: form.version ?? 1,
    encode(value) {
      if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === type.prototype) {
        return form.encode(value);
      }
      throw new TypeError(`it takes instances of ${type.name}, and the value is ${nounOf(value)}`);
    },
    decode: (data) => form.decode(data as Data),
    ...(readVersion === undefined ? {} : { readVersion: (version, data) => readVersion.call(form, version, data) }),
  };
}

/** What a checkpoint says of who wrote a state that is no plain data. */
export type WrittenBy = Pick<ValueSerializer<unknown>, 'name' | 'version' | 'fields'>;

/** How a state speaks of itself in refusals: `state 'm' of operator 'x'`. */
export const stateText = (operator: string, state: string): string => `state '${state}' of operator '${operator}'`;

/** Throws SERIALIZER_INVALID for one without a name, or whose version is no whole number from 1. */
export function checkedSerializer<T>(where: string, serializer: ValueSerializer<T>): ValueSerializer<T> {
  const { name, version } = serializer;
  if (typeof name === 'string' && name !== '' && Number.isSafeInteger(version) && version >= 1) return serializer;
  const what = `has a serializer named '${name}' of version ${version}; give it a name, and a whole number from 1`;
  throw new StateFailure('SERIALIZER_INVALID', 'user', `${where} ${what}`);
}

/**
 * How the code reads what a checkpoint holds of a state; null when it is plain data on both sides. Throws SERIALIZER_CHANGED when it cannot.
 */
export function readerOf(
  where: string,
  written: WrittenBy | null,
  serializer: ValueSerializer<unknown> | null,
): ((data: unknown) => unknown) | null {
  if (written === null && serializer === null) return null;
  if (written === null && serializer?.readPlain !== undefined) {
    return guarded(where, serializer, (data) => serializer.readPlain?.(data));
  }
  if (written !== null && serializer !== null && written.name === serializer.name) {
    const why = serializer.refuses?.(written) ?? null;
    if (why !== null) throw changed(where, written, serializer, why);
    if (written.version === serializer.version) return guarded(where, serializer, (data) => serializer.decode(data));
    if (serializer.readVersion !== undefined) {
      return guarded(where, serializer, (data) => serializer.readVersion?.(written.version, data));
    }
  }
  const isVersion = written?.name === serializer?.name;
  const what = isVersion ? 'give the serializer a readVersion' : 'give the state its serializer back, or another name';
  throw changed(where, written, serializer, what);
}

function changed(where: string, written: WrittenBy | null, serializer: WrittenBy | null, what: string): StateFailure {
  const message = `${where} was written by ${nameOf(written)}, and the code reads it with ${nameOf(serializer)}; ${what}`;
  return new StateFailure('SERIALIZER_CHANGED', 'user', message);
}

/** What stands for a value in a checkpoint. Throws STATE_UNSUPPORTED with what the serializer says. */
export function encodedBy(where: string, serializer: ValueSerializer<unknown>, value: unknown): unknown {
  try {
    return serializer.encode(value);
  } catch (error) {
    throw new StateFailure(
      'STATE_UNSUPPORTED',
      'user',
      `${where}: ${nameOf(serializer)} refuses a value: ${textOf(error)}`,
    );
  }
}

function guarded(where: string, serializer: WrittenBy, read: (data: unknown) => unknown): (data: unknown) => unknown {
  return (data) => {
    let value: unknown;
    try {
      value = read(data);
    } catch (error) {
      const message = `${where}: ${nameOf(serializer)} cannot read a value: ${textOf(error)}`;
      throw new StateFailure('STATE_UNREADABLE', 'user', message);
    }
    if (value !== undefined) return value;
    throw new StateFailure('STATE_UNREADABLE', 'user', `${where}: ${nameOf(serializer)} made undefined of a value`);
  };
}

const nameOf = (by: WrittenBy | null): string =>
  by === null ? 'no serializer, as plain data' : `serializer '${by.name}' version ${by.version}`;

/** Told by its shape, because code of the job may run in a realm of its own. */
function textOf(thrown: unknown): string {
  const { message = thrown } = (thrown ?? {}) as { readonly message?: unknown };
  return String(message);
}
