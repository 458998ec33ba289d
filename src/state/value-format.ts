/**
 * How values stand in a snapshot: MessagePack, and of it no more than plain data needs. Numbers are written in a
 * short form that gives the same number back; −0 and all beyond 32 bits are floats. The 64-bit integer forms are
 * bigints, so that a number and a bigint never turn into each other. Three extensions hold what MessagePack has no form
 * for.
 */
export const extensions = {
  /** A field whose value is undefined; one byte, 0. */
  undefined: 0,
  /** A bigint beyond 64 bits: hexadecimal digits in ASCII, after a minus sign if it is negative. */
  bigint: 1,
  /** A string with half of a surrogate pair, which UTF-8 cannot say: UTF-16, little-endian. */
  utf16: 2,
} as const;

/** Objects and arrays within each other. A cycle has no end, and so meets this. */
export const valueDepthMax = 64;

/** Kept with every state; a reader refuses versions that it does not know. */
export const serializer = { name: 'msgpack', version: 1 } as const;
