/**
 * True for an object made by a literal, by a decoder, or with no prototype; false for arrays and for instances of
 * classes. A literal of another realm counts too: the code of a job may be evaluated in a context of its own.
 */
export function isPlainObject(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  // The root prototype of any realm owns this method, and has no prototype itself.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf');
}

/**
 * True for a Uint8Array of any realm; false for its subclasses, such as Buffer, which would come back as something
 * else.
 */
export function isBytes(value: object): value is Uint8Array {
  if (Object.getPrototypeOf(value) === Uint8Array.prototype) return true;
  // A Buffer is a Uint8Array of this realm, and its prototype is none of the built-in ones.
  return !(value instanceof Uint8Array) && Object.prototype.toString.call(value) === '[object Uint8Array]';
}

/** The same value anew, to its leaves, for whoever may change it. Expects what state can hold. */
export function plainCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plainCopy);
  if (isBytes(value)) return value.slice();
  const copy: Record<string, unknown> = { ...value };
  for (const name of Object.keys(copy)) {
    const each = copy[name];
    if (typeof each === 'object' && each !== null) copy[name] = plainCopy(each);
  }
  return copy;
}

/** How a value is named in a refusal: `NaN`, `a function`, `an instance of Map`. */
export function nounOf(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
    case 'number':
      return String(value);
    case 'object':
      return value === null ? 'null' : nounOfObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function nounOfObject(value: object): string {
  if (Array.isArray(value)) return 'an array';
  if (isPlainObject(value)) return 'an object';
  const prototype = Object.getPrototypeOf(value) as { readonly constructor?: { readonly name?: unknown } };
  const name = prototype.constructor?.name;
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an instance of a class';
}

const identifier = /^[A-Za-z_$][\w$]*$/;

/** One step of a path as JavaScript writes it: `.id`, `["first name"]`, `[3]`. */
export function stepText(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  return identifier.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}
