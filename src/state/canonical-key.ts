import { isPlainObject, nounOf, stepText } from './plain-data.js';
import { StateFailure } from './state-failure.js';

/**
 * The canonical form of keys, which decides where a record goes and which state it meets: fixed for ever, because
 * stored state is placed by it. Keys are strings, numbers, bigints, booleans, and tuples (arrays) and plain objects of
 * these.
 *
 * | value | bytes |
 * |---|---|
 * | false, true | F5; F6 |
 * | integer of 32 bits | F7, 4 bytes, two's complement, big-endian |
 * | other safe integer | F8, 8 bytes, likewise |
 * | other number | F9, 8 bytes, IEEE 754, big-endian; the infinities too |
 * | bigint | FA, hexadecimal digits in ASCII, after a minus sign if it is negative |
 * | string | FB, UTF-8 |
 * | tuple | FC, its elements, FE |
 * | object | FD, each field as name (like a string) and value, by name in code unit order, FE |
 *
 * UTF-8 has no bytes above F4, so the next tag ends a string, and no two keys have the same bytes. −0 is 0. A number
 * and a bigint of the same value are two keys. Refused with KEY_UNSUPPORTED, naming the path: NaN, which equals
 * nothing, and so no record would ever find its state; null and undefined; strings with half a surrogate pair, which
 * UTF-8 cannot say; symbols, functions, and instances of classes, whose identity is not in their fields.
 */
export const keyTags = {
  false: 0xf5,
  true: 0xf6,
  int32: 0xf7,
  safeInteger: 0xf8,
  float64: 0xf9,
  bigint: 0xfa,
  text: 0xfb,
  tuple: 0xfc,
  object: 0xfd,
  end: 0xfe,
} as const;

/** Tuples and objects within each other. A cycle has no end, and so meets this. */
const keyDepthMax = 32;

/** The canonical bytes of a key. Throws KEY_UNSUPPORTED for what cannot be one. */
export function canonicalKeyBytes(key: unknown): Uint8Array {
  const text = canonicalKeyText(key);
  return Uint8Array.from(text, (unit) => unit.charCodeAt(0));
}

/** The same bytes as a string that has one code unit for each: strings are the cheapest map keys and need no buffer. */
export function canonicalKeyText(key: unknown): string {
  return textOf(key, null);
}

/** The canonical text of a tuple or an object; null for what a Map tells apart by itself just as its bytes do. */
export function compositeKeyText(key: unknown): string | null {
  switch (typeof key) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return null;
    case 'number':
      if (Number.isNaN(key)) refuse(key, null);
      return null;
    default:
      return textOf(key, null);
  }
}

/** Where a part of a key stands, from the inside out; made only for parts of tuples and objects. */
interface Place {
  readonly step: string | number;
  readonly within: Place | null;
  readonly depth: number;
}

const unit = String.fromCharCode;
const falseText = unit(keyTags.false);
const trueText = unit(keyTags.true);
const bigintText = unit(keyTags.bigint);
const stringText = unit(keyTags.text);
const endText = unit(keyTags.end);

function textOf(key: unknown, place: Place | null): string {
  switch (typeof key) {
    case 'string':
      return stringText + utf8TextOf(key, place);
    case 'number':
      return numberText(key, place);
    case 'boolean':
      return key ? trueText : falseText;
    case 'bigint':
      return bigintText + key.toString(16);
    case 'object':
      if (key === null) return refuse(key, place);
      if (Array.isArray(key)) return tupleText(key, place);
      return isPlainObject(key) ? objectText(key, place) : refuse(key, place);
    default:
      return refuse(key, place);
  }
}

function numberText(key: number, place: Place | null): string {
  // −0 becomes 0 here: both are the integer 0.
  if ((key | 0) === key)
    return unit(keyTags.int32, (key >>> 24) & 0xff, (key >>> 16) & 0xff, (key >>> 8) & 0xff, key & 0xff);
  if (Number.isNaN(key)) return refuse(key, place);
  return Number.isSafeInteger(key) ? safeIntegerText(key) : floatText(key);
}

/** Times are such numbers, and often keys: nothing is allocated but the text. */
function safeIntegerText(key: number): string {
  const high = Math.floor(key / 0x1_0000_0000);
  const low = key - high * 0x1_0000_0000;
  return unit(
    keyTags.safeInteger,
    (high >>> 24) & 0xff,
    (high >>> 16) & 0xff,
    (high >>> 8) & 0xff,
    high & 0xff,
    (low >>> 24) & 0xff,
    (low >>> 16) & 0xff,
    (low >>> 8) & 0xff,
    low & 0xff,
  );
}

function floatText(key: number): string {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setFloat64(0, key);
  let text = unit(keyTags.float64);
  for (let at = 0; at < 8; at++) text += unit(bytes.getUint8(at));
  return text;
}

function tupleText(key: readonly unknown[], within: Place | null): string {
  const depth = depthBelow(within, key);
  let text = unit(keyTags.tuple);
  for (let step = 0; step < key.length; step++) text += textOf(key[step], { step, within, depth });
  return text + endText;
}

function objectText(key: Readonly<Record<string, unknown>>, within: Place | null): string {
  const depth = depthBelow(within, key);
  let text = unit(keyTags.object);
  for (const step of Object.keys(key).sort()) {
    const place: Place = { step, within, depth };
    text += stringText + utf8TextOf(step, place) + textOf(key[step], place);
  }
  return text + endText;
}

function depthBelow(place: Place | null, key: unknown): number {
  const depth = (place?.depth ?? 0) + 1;
  if (depth > keyDepthMax) refuse(key, place, `is nested deeper than ${keyDepthMax} levels`);
  return depth;
}

const beyondAscii = /[^\0-\x7f]/;
const halfPair = /\p{Surrogate}/u;

/** UTF-8, one code unit for each byte. */
function utf8TextOf(text: string, place: Place | null): string {
  if (!beyondAscii.test(text)) return text;
  if (halfPair.test(text))
    refuse(text, place, 'holds half of a surrogate pair, as a cut string does; use toWellFormed()');
  let bytes = '';
  for (const character of text) bytes += utf8Of(character.codePointAt(0) ?? 0);
  return bytes;
}

function utf8Of(point: number): string {
  if (point < 0x80) return unit(point);
  const last = 0x80 | (point & 0x3f);
  if (point < 0x800) return unit(0xc0 | (point >> 6), last);
  const secondLast = 0x80 | ((point >> 6) & 0x3f);
  if (point < 0x10000) return unit(0xe0 | (point >> 12), secondLast, last);
  return unit(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f), secondLast, last);
}

function refuse(key: unknown, place: Place | null, what = `is ${nounOf(key)}`): never {
  let path = '';
  for (let at = place; at !== null; at = at.within) path = stepText(at.step) + path;
  throw new StateFailure(
    'KEY_UNSUPPORTED',
    'user',
    `key${path} ${what}; a key is a string, a number, a bigint, a boolean, or a tuple or plain object of these`,
  );
}
