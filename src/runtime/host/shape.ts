/** Says what is wrong with a value from the wire, and where in it; null when it has this shape. */
export type Shape = (value: unknown, at: string) => string | null;

export const text: Shape = (value, at) => (typeof value === 'string' ? null : `${at} is no text`);
export const flag: Shape = (value, at) => (typeof value === 'boolean' ? null : `${at} is neither true nor false`);
export const anything: Shape = () => null;

/** Times and watermarks, which may be infinite, and not NaN. */
export const number: Shape = (value, at) =>
  typeof value === 'number' && !Number.isNaN(value) ? null : `${at} is no number`;

/** A whole number from 0 to `max`. */
export const count =
  (max: number = Number.MAX_SAFE_INTEGER): Shape =>
  (value, at) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
      ? null
      : `${at} is no whole number from 0 to ${max}`;

export const oneOf =
  (...allowed: readonly unknown[]): Shape =>
  (value, at) =>
    allowed.includes(value) ? null : `${at} is none of ${allowed.join(', ')}`;

export const orNull =
  (shape: Shape): Shape =>
  (value, at) =>
    value === null ? null : shape(value, at);

export const list =
  (shape: Shape): Shape =>
  (value, at) => {
    if (!Array.isArray(value)) return `${at} is no list`;
    for (const [index, each] of value.entries()) {
      const wrong = shape(each, `${at}[${index}]`);
      if (wrong !== null) return wrong;
    }
    return null;
  };

/** An object of any field names, each with a value of that shape. */
export const mapOf =
  (shape: Shape): Shape =>
  (value, at) => {
    if (!isObject(value)) return `${at} is no object`;
    for (const [name, each] of Object.entries(value)) {
      const wrong = shape(each, `${at}.${name}`);
      if (wrong !== null) return wrong;
    }
    return null;
  };

/** An object with at least these fields. */
export function fields(shapes: Readonly<Record<string, Shape>>): Shape {
  const known = Object.entries(shapes);
  return (value, at) => {
    if (!isObject(value)) return `${at} is no object`;
    for (const [name, shape] of known) {
      const wrong = shape(Object.hasOwn(value, name) ? value[name] : undefined, `${at}.${name}`);
      if (wrong !== null) return wrong;
    }
    return null;
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
