import { isBytes } from './plain-data.js';

/**
 * Plain data as JSON, and back. JSON has no form for some of what state holds; it then stands as an object with one field:
 *
 * | value | JSON |
 * |---|---|
 * | bigint | `{"$bigint":"12"}` |
 * | Uint8Array | `{"$bytes":"AQI="}`, in base64 |
 * | undefined, as the value of a field | `{"$undefined":true}` |
 * | NaN, infinities, −0 | `{"$number":"NaN"}`, `"Infinity"`, `"-Infinity"`, `"-0"` |
 *
 * A field whose own name begins with `$` gets another `$` in front. What has a JSON form of its own, as dates do, stands as that; other instances of classes as their
 * fields. Neither comes back as what it was.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(formOf(value));
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
      if (value instanceof Uint8Array || isBytes(value)) return { $bytes: Buffer.from(value).toString('base64') };
      if ('toJSON' in value && typeof value.toJSON === 'function') return formOf(value.toJSON());
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [escaped(name), formOf(each)]));
    default:
      return value;
  }
}

/** The value that a parsed `jsonText` stands for. Throws a RangeError for what it does not write. */
export function valueOfForm(form: unknown): unknown {
  if (typeof form !== 'object' || form === null) return form;
  if (Array.isArray(form)) return form.map(valueOfForm);
  const fields = Object.entries(form);
  const [first] = fields;
  if (fields.length === 1 && first !== undefined && /^\$[a-z]/.test(first[0])) return special(first[0], first[1]);
  return Object.fromEntries(fields.map(([name, each]) => [name.replace(/^\$/, ''), valueOfForm(each)]));
}

function special(name: string, of: unknown): unknown {
  if (name === '$undefined') return undefined;
  if (name === '$bigint' && typeof of === 'string' && /^-?\d+$/.test(of)) return BigInt(of);
  if (name === '$bytes' && typeof of === 'string') return new Uint8Array(Buffer.from(of, 'base64'));
  if (name === '$number' && typeof of === 'string') return Number(of);
  throw new RangeError(
    `{"${name}":${JSON.stringify(of)}} stands for no value; a field of that name is written as "$${name}".`,
  );
}

const escaped = (name: string): string => (name.startsWith('$') ? `$${name}` : name);
