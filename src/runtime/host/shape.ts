/**
 * Says what is wrong with a value from the wire, after the way to it (`.slots[2].state is no text`); null when it has this shape. The way is put
 * together only for what is wrong: each message comes past here.
 */
export type Shape = (value: unknown) => string | null;

export const text: Shape = (value) => (typeof value === 'string' ? null : ` is no text`);
export const flag: Shape = (value) => (typeof value === 'boolean' ? null : ` is neither true nor false`);
export const anything: Shape = () => null;

/** Times and watermarks, which may be infinite, and not NaN. */
export const number: Shape = (value) => (typeof value === 'number' && !Number.isNaN(value) ? null : ` is no number`);

/** A whole number from 0 to `max`. */
export const count =
  (max: number = Number.MAX_SAFE_INTEGER): Shape =>
  (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
      ? null
      : ` is no whole number from 0 to ${max}`;

export const oneOf =
  (...allowed: readonly unknown[]): Shape =>
  (value) =>
    allowed.includes(value) ? null : ` is none of ${allowed.join(', ')}`;

export const orNull =
  (shape: Shape): Shape =>
  (value) =>
    value === null ? null : shape(value);

/** A field that may be missing. */
export const optional =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined ? null : shape(value);

export const list =
  (shape: Shape): Shape =>
  (value) => {
    if (!Array.isArray(value)) return ` is no list`;
    for (const [index, each] of value.entries()) {
      const wrong = shape(each);
      if (wrong !== null) return `[${index}]${wrong}`;
    }
    return null;
  };

/** An object of any field names, each with a value of that shape. */
export const mapOf =
  (shape: Shape): Shape =>
  (value) => {
    if (!isObject(value)) return ` is no object`;
    for (const [name, each] of Object.entries(value)) {
      const wrong = shape(each);
      if (wrong !== null) return `.${name}${wrong}`;
    }
    return null;
  };

/** An object with at least these fields. */
export function fields(shapes: Readonly<Record<string, Shape>>): Shape {
  const known = Object.entries(shapes);
  return (value) => {
    if (!isObject(value)) return ` is no object`;
    for (const [name, shape] of known) {
      const wrong = shape(Object.hasOwn(value, name) ? value[name] : undefined);
      if (wrong !== null) return `.${name}${wrong}`;
    }
    return null;
  };
}

/** An object whose field `kind` says which other fields it has. */
export function oneOfKinds(kinds: Readonly<Record<string, Readonly<Record<string, Shape>>>>): Shape {
  const shapes = Object.fromEntries(Object.entries(kinds).map(([kind, shape]) => [kind, fields(shape)]));
  return (value) => {
    if (!isObject(value)) return ` is no object`;
    const { kind } = value;
    const shape = typeof kind === 'string' && Object.hasOwn(shapes, kind) ? shapes[kind] : undefined;
    return shape === undefined ? `.kind is none of ${Object.keys(shapes).join(', ')}` : shape(value);
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
