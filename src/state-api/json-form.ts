import { mistake } from '../api/engine-error.js';

/**
 * Stored values as JSON, and back. JSON has no form for some of what state holds; it then stands as an object with one field:
 *
 * | value | JSON |
 * |---|---|
 * | bigint | `{"$bigint":"12"}` |
 * | Uint8Array | `{"$bytes":"AQI="}`, in base64 |
 * | undefined, as the value of a field | `{"$undefined":true}` |
 * | NaN, infinities, −0 | `{"$number":"NaN"}`, `"Infinity"`, `"-Infinity"`, `"-0"` |
 *
 * A field whose own name begins with `$` gets another `$` in front. Dates and instances of classes are not stored, so none comes: what the serializer of
 * the job makes of one stands in its place.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(formOf(value));
}

/** The value that `jsonText` has written. Throws JSON_INVALID. */
export function valueOfJson(text: string): unknown {
  let form: unknown;
  try {
    form = JSON.parse(text);
  } catch (error) {
    throw mistake('JSON_INVALID', `'${text}' is no JSON: ${(error as Error).message}. A text stands in double quotes.`);
  }
  return unformed(form);
}

function formOf(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return { $bigint: String(value) };
    case 'undefined':
      return { $undefined: true };
    case 'number':
      if (Object.is(value, -0)) return { $number: '-0' };
      return Number.isFinite(value) ? value : { $number: String(value) };
    case 'object':
      if (value === null) return null;
      if (Array.isArray(value)) return value.map(formOf);
      if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [escaped(name), formOf(each)]));
    default:
      return value;
  }
}

function unformed(form: unknown): unknown {
  if (typeof form !== 'object' || form === null) return form;
  if (Array.isArray(form)) return form.map(unformed);
  const fields = Object.entries(form);
  const [first] = fields;
  if (fields.length === 1 && first !== undefined && /^\$[a-z]/.test(first[0])) return special(first[0], first[1]);
  return Object.fromEntries(fields.map(([name, each]) => [name.replace(/^\$/, ''), unformed(each)]));
}

function special(name: string, of: unknown): unknown {
  if (name === '$undefined') return undefined;
  if (name === '$bigint' && typeof of === 'string' && /^-?\d+$/.test(of)) return BigInt(of);
  if (name === '$bytes' && typeof of === 'string') return new Uint8Array(Buffer.from(of, 'base64'));
  if (name === '$number' && typeof of === 'string') return Number(of);
  throw mistake(
    'JSON_INVALID',
    `{"${name}":${JSON.stringify(of)}} stands for no value; a field of that name is written as "$${name}".`,
  );
}

const escaped = (name: string): string => (name.startsWith('$') ? `$${name}` : name);
