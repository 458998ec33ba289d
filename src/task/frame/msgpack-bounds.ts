/** Arrays and maps within each other. */
const depthMax = 32;

/**
 * What is wrong with a msgpack value that should fill `bytes` from `from` to its end; null when it may be decoded. Every count and
 * length is checked against the bytes that are left before a decoder could allocate for it, so decoding allocates no more than
 * a constant times the length. Of extensions only `undefined` is known; keys of maps are strings.
 */
export function boundsRefusal(bytes: Uint8Array, from: number): string | null {
  const end = bytes.length;
  /** Items left to read in each array or map around; a map counts keys and values, and a negative number is a map. */
  const around: number[] = [];
  let at = from;
  let left = 1;
  let isMap = false;
  for (;;) {
    while (left === 0) {
      const outer = around.pop();
      if (outer === undefined) return at === end ? null : `${end - at} bytes after the value`;
      isMap = outer < 0;
      left = isMap ? ~outer : outer;
    }
    if (at >= end) return 'the value ends early';
    const tag = bytes[at++] as number;
    if (isMap && (left & 1) === 0 && !isStringTag(tag)) return `a key of a map is no string (0x${tag.toString(16)})`;
    left -= 1;
    let items = -1;
    let entersMap = false;
    if (tag <= 0x7f || tag >= 0xe0 || tag === 0xc0 || tag === 0xc2 || tag === 0xc3) continue;
    if (tag <= 0x8f) {
      items = (tag & 0x0f) * 2;
      entersMap = true;
    } else if (tag <= 0x9f) items = tag & 0x0f;
    else if (tag <= 0xbf) at += tag & 0x1f;
    else {
      const width = fixedWidths[tag - 0xc0] as number;
      if (width > 0) at += width;
      else if (width < 0) {
        const lengthBytes = -width;
        if (at + lengthBytes > end) return 'the value ends early';
        const length = bigEndian(bytes, at, lengthBytes);
        at += lengthBytes;
        if (tag >= 0xde) {
          entersMap = true;
          items = length * 2;
        } else if (tag >= 0xdc) items = length;
        else at += length;
      } else if (tag === 0xd4 && bytes[at] === 0 && bytes[at + 1] === 0) at += 2;
      else return `tag 0x${tag.toString(16)} is not accepted`;
    }
    if (at > end) return 'a string or number is longer than what is left';
    if (items < 0) continue;
    if (items > end - at) return `${items} items in ${end - at} bytes`;
    if (around.length === depthMax) return `nested deeper than ${depthMax}`;
    around.push(isMap ? ~left : left);
    left = items;
    isMap = entersMap;
  }
}

const isStringTag = (tag: number): boolean => (tag >= 0xa0 && tag <= 0xbf) || (tag >= 0xd9 && tag <= 0xdb);

/** For tags from 0xc0: bytes that follow; negative: bytes of a length that follows; 0: not accepted, or handled apart. */
const fixedWidths: readonly number[] = [
  // c0 nil, c1 never used, c2 false, c3 true, c4–c6 bin, c7–c9 ext
  0, 0, 0, 0, -1, -2, -4, 0, 0, 0,
  // ca float32, cb float64, cc–cf unsigned, d0–d3 signed
  4, 8, 1, 2, 4, 8, 1, 2, 4, 8,
  // d4–d8 fixext, d9–db strings, dc–dd arrays, de–df maps
  0, 0, 0, 0, 0, -1, -2, -4, -2, -4, -2, -4,
];

function bigEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let index = 0; index < length; index++) value = value * 256 + (bytes[at + index] as number);
  return value;
}
