import { valueDepthMax } from '../../state/value-format.js';

/** What a scan found: nothing that stands in the way, something that only the exact reader gives back unchanged, or damage. */
export type Bounds = 'plain' | 'exact' | { readonly damage: string };

/** One level more than a value has: the array of records around it. */
const depthMax = valueDepthMax + 1;

/**
 * Judges whether the msgpack value that should fill `bytes` from `from` to its end may be decoded. Every count and length is held
 * against the bytes that are left before a decoder could allocate for it, so decoding allocates no more than a constant times the
 * length. Accepts what a ValueWriter writes; names of fields are strings.
 */
export function boundsOf(bytes: Uint8Array, from: number): Bounds {
  const end = bytes.length;
  /** Items left to read in each array or map around; a map counts names and values, and is a negative number here. */
  const around: number[] = [];
  let at = from;
  let left = 1;
  let isMap = false;
  let bounds: Bounds = 'plain';
  for (;;) {
    while (left === 0) {
      const outer = around.pop();
      if (outer === undefined) return at === end ? bounds : damage(`${end - at} bytes follow the value`);
      isMap = outer < 0;
      left = isMap ? ~outer : outer;
    }
    if (at >= end) return damage('the value ends early');
    const tag = bytes[at++] as number;
    if (isMap && (left & 1) === 0) {
      if (!isTextTag(tag)) return damage(`the name of a field is no string (0x${tag.toString(16)})`);
      // The fast reader renames a field of this length and beginning, `__proto__`.
      if (tag === 0xa9 && bytes[at] === underscore) bounds = 'exact';
    }
    left -= 1;
    if (tag <= 0x7f || tag >= 0xe0) continue;
    let items: number;
    let entersMap = false;
    if (tag <= 0x8f) {
      items = (tag & 0x0f) * 2;
      entersMap = true;
    } else if (tag <= 0x9f) items = tag & 0x0f;
    else if (tag <= 0xbf) {
      at += tag & 0x1f;
      items = none;
    } else {
      const form = forms[tag - 0xc0] as Form;
      if (form === refused) return damage(`tag 0x${tag.toString(16)} is not accepted`);
      let length = form.bytes;
      if (form.lengthBytes > 0) {
        if (at + form.lengthBytes > end) return damage('the value ends early');
        length = bigEndian(bytes, at, form.lengthBytes);
        at += form.lengthBytes;
      }
      items = form.itemsEach * length;
      entersMap = form.itemsEach === 2;
      if (form.itemsEach === 0) {
        at += length + form.bytes * (form.lengthBytes > 0 ? 1 : 0);
        items = none;
      }
      if (form.isExact && !isUndefined(bytes, at, tag)) bounds = 'exact';
    }
    if (at > end) return damage('a string or a number is longer than what is left');
    if (items === none) continue;
    if (items > end - at) return damage(`${items} items are announced in ${end - at} bytes`);
    if (around.length === depthMax) return damage(`nested deeper than ${depthMax} levels`);
    around.push(isMap ? ~left : left);
    left = items;
    isMap = entersMap;
  }
}

const none = -1;
const underscore = 0x5f;
const damage = (text: string): Bounds => ({ damage: text });
const isTextTag = (tag: number): boolean => (tag >= 0xa0 && tag <= 0xbf) || (tag >= 0xd9 && tag <= 0xdb);

/** The one extension that the fast reader reads as the exact one does: `undefined`, type and content 0. */
const isUndefined = (bytes: Uint8Array, end: number, tag: number): boolean =>
  tag === 0xd4 && bytes[end - 2] === 0 && bytes[end - 1] === 0;

interface Form {
  /** Bytes of content that do not depend on a length. */
  readonly bytes: number;
  readonly lengthBytes: number;
  /** 1 for arrays, 2 for maps, 0 for what holds no values. */
  readonly itemsEach: number;
  readonly isExact: boolean;
}

const fixed = (bytes: number): Form => ({ bytes, lengthBytes: 0, itemsEach: 0, isExact: false });
const sized = (lengthBytes: number): Form => ({ bytes: 0, lengthBytes, itemsEach: 0, isExact: false });
const list = (lengthBytes: number, itemsEach: number): Form => ({ bytes: 0, lengthBytes, itemsEach, isExact: false });
const binary = (lengthBytes: number): Form => ({ ...sized(lengthBytes), isExact: true });
const extension = (lengthBytes: number, bytes: number): Form => ({ bytes, lengthBytes, itemsEach: 0, isExact: true });
const refused: Form = fixed(-1);

/** The forms of tags 0xc0 to 0xdf. */
const forms: readonly Form[] = [
  ...[fixed(0), refused, fixed(0), fixed(0)], // nil, never used, false, true
  ...[binary(1), binary(2), binary(4)],
  ...[extension(1, 1), extension(2, 1), extension(4, 1)],
  ...[refused, fixed(8)], // float32, float64
  ...[refused, refused, refused, fixed(8)], // unsigned
  ...[refused, fixed(2), fixed(4), fixed(8)], // signed
  ...[extension(0, 2), refused, refused, refused, refused],
  ...[sized(1), sized(2), sized(4)],
  ...[list(2, 1), list(4, 1), list(2, 2), list(4, 2)],
];

function bigEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let index = 0; index < length; index++) value = value * 256 + (bytes[at + index] as number);
  return value;
}
