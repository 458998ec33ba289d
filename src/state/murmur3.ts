/**
 * MurmurHash3 (x86, 32 bits, seed 0), which spreads keys over key groups. It comes in four forms that agree with each
 * other: of bytes, of a string with one code unit for each byte, and of two that read a string or an integer in place.
 * Results are unsigned.
 */
export function murmur3(bytes: Uint8Array): number {
  const length = bytes.length;
  let hash = 0;
  let at = 0;
  for (; at + 4 <= length; at += 4) hash = mix(hash, word(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]));
  return finish(hash ^ scramble(word(bytes[at], bytes[at + 1], bytes[at + 2])), length);
}

/** Of a string whose code units are bytes. */
export function murmur3OfByteText(text: string): number {
  const length = text.length;
  let hash = 0;
  let at = 0;
  for (; at + 4 <= length; at += 4) hash = mix(hash, wordOf(text, at));
  return finish(hash ^ scramble(tailOf(text, at)), length);
}

/** Of the byte `tag` followed by an ASCII string, without making the two one; null when the string is not ASCII. */
export function murmur3OfAscii(tag: number, text: string): number | null {
  const length = text.length;
  let hash = 0;
  let at = 0;
  let units = 0;
  if (length >= 3) {
    const a = text.charCodeAt(0);
    const b = text.charCodeAt(1);
    const c = text.charCodeAt(2);
    units = a | b | c;
    hash = mix(0, tag | (a << 8) | (b << 16) | (c << 24));
    for (at = 3; at + 4 <= length; at += 4) {
      const d = text.charCodeAt(at);
      const e = text.charCodeAt(at + 1);
      const f = text.charCodeAt(at + 2);
      const g = text.charCodeAt(at + 3);
      units |= d | e | f | g;
      hash = mix(hash, d | (e << 8) | (f << 16) | (g << 24));
    }
  }
  const a = at < length ? text.charCodeAt(at) : 0;
  const b = at + 1 < length ? text.charCodeAt(at + 1) : 0;
  const c = at + 2 < length ? text.charCodeAt(at + 2) : 0;
  if ((units | a | b | c) > 0x7f) return null;
  const tail = a | (b << 8) | (c << 16);
  return finish(hash ^ scramble(length < 3 ? tag | (tail << 8) : tail), length + 1);
}

/** Of the byte `tag` followed by an integer of 32 bits, big-endian. */
export function murmur3OfInt32(tag: number, value: number): number {
  const firstThree = ((value >>> 24) & 0xff) | ((value >>> 8) & 0xff00) | ((value << 8) & 0xff0000);
  return finish(mix(0, tag | (firstThree << 8)) ^ scramble(value & 0xff), 5);
}

/** Little-endian; what is beyond the end counts as 0. */
const word = (a = 0, b = 0, c = 0, d = 0): number => a | (b << 8) | (c << 16) | (d << 24);

const wordOf = (text: string, at: number): number =>
  text.charCodeAt(at) |
  (text.charCodeAt(at + 1) << 8) |
  (text.charCodeAt(at + 2) << 16) |
  (text.charCodeAt(at + 3) << 24);

/** The last, incomplete block; `charCodeAt` beyond the end is NaN, which counts as 0. */
const tailOf = (text: string, at: number): number =>
  text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8) | (text.charCodeAt(at + 2) << 16);

function scramble(block: number): number {
  const product = Math.imul(block, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

function mix(hash: number, block: number): number {
  const mixed = hash ^ scramble(block);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number, length: number): number {
  let mixed = hash ^ length;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
