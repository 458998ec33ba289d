import { isPlainObject } from '../../../state/plain-data.js';
import { fieldsMax, textBytesMax } from './column-format.js';

/** The fields of plain objects, in order, with code made for exactly them. */
export interface Shape {
  readonly fields: number;
  /** The names as they stand in a frame, each behind its length, with a character for each byte. */
  readonly key: string;
  /** Puts field k of each object from `from` to before `to` into `columns[k]`; false as soon as one is not of this shape. */
  split(values: readonly unknown[], from: number, to: number, columns: readonly unknown[][]): boolean;
  /** Objects of this shape from `count` values of each column. */
  join(columns: readonly (readonly unknown[])[], count: number): object[];
  /** For each column, how many batches go by before its texts are looked at for repetition again. */
  readonly batchesUntilDictionary: number[];
}

/** Code for so many shapes is kept; a stream has a few. */
const shapesMax = 64;
const ascii = /^[\0-\x7f]*$/;

/** The shapes that one codec has met. */
export class Shapes {
  private readonly byKey = new Map<string, Shape>();

  /** The shape of an object; null when it is none that columns are made of. */
  of(value: object): Shape | null {
    if (!isPlainObject(value)) return null;
    const names = Object.keys(value);
    if (names.length === 0 || names.length > fieldsMax) return null;
    let key = '';
    for (const name of names) {
      if (name.length > textBytesMax || !ascii.test(name)) return null;
      key += String.fromCharCode(name.length) + name;
    }
    return this.byKey.get(key) ?? this.add(key, names);
  }

  /** The shape with this key and so many fields; null when there cannot be one. */
  read(key: string, fields: number): Shape | null {
    const known = this.byKey.get(key);
    if (known !== undefined) return known.fields === fields ? known : null;
    const names: string[] = [];
    for (let at = 0; at < key.length; ) {
      const end = at + 1 + key.charCodeAt(at);
      if (end > key.length) return null;
      names.push(key.slice(at + 1, end));
      at = end;
    }
    return names.length === fields && fields > 0 && fields <= fieldsMax ? this.add(key, names) : null;
  }

  private add(key: string, names: readonly string[]): Shape {
    if (this.byKey.size >= shapesMax) this.byKey.clear();
    const shape = { fields: names.length, key, batchesUntilDictionary: names.map(() => 0), ...codeFor(names) };
    this.byKey.set(key, shape);
    return shape;
  }
}

/** Names reach the text only as JSON strings, so whatever they hold stays a string. */
function codeFor(names: readonly string[]): Pick<Shape, 'split' | 'join'> {
  const text = (at: number): string => JSON.stringify(names[at]);
  const each = (line: (at: number) => string): string => names.map((_, at) => line(at)).join('\n');
  // In brackets a name is a field in any case; bare, __proto__ would be the prototype.
  const label = (at: number): string => (names[at] === '__proto__' ? `[${text(at)}]` : text(at));
  const source = `'use strict';
const { isPlainObject, names } = env;
const plain = Object.prototype;
return {
  split(values, from, to, columns) {
    ${each((at) => `const c${at} = columns[${at}];`)}
    for (let at = from; at < to; at++) {
      const value = values[at];
      if (typeof value !== 'object' || value === null) return false;
      if (Object.getPrototypeOf(value) !== plain && !isPlainObject(value)) return false;
      let field = 0;
      for (const name in value) if (name !== names[field++]) return false;
      if (field !== ${names.length}) return false;
      ${each((at) => `c${at}.push(value[${text(at)}]);`)}
    }
    return true;
  },
  join(columns, count) {
    ${each((at) => `const c${at} = columns[${at}];`)}
    const values = [];
    for (let at = 0; at < count; at++) values.push({ ${names.map((_, at) => `${label(at)}: c${at}[at]`).join(', ')} });
    return values;
  },
};`;
  return new Function('env', source)({ isPlainObject, names }) as Pick<Shape, 'split' | 'join'>;
}
