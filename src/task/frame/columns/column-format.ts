/*
 * How a column of values stands in a frame: its kind (1 byte), then by kind, for n values,
 *
 * | kind | what follows |
 * |---|---|
 * | int8, int16, int32, float64 | n numbers, little-endian |
 * | text | n lengths (1 byte each), then the characters of all, ASCII |
 * | dictionary | the number of different texts less one (1 byte), their lengths and characters as above, n indices (1 byte each) |
 * | objects | the number of fields (2 bytes), the size of their names (2 bytes), the names (each 1 byte length, then ASCII), a column for each field |
 * | mixed | the size (4 bytes), then n values as a ValueWriter writes them |
 *
 * Sizes are little-endian. Every kind takes at least a byte for each value, so a reader never makes more values than there are bytes.
 */
export const columnKinds = {
  mixed: 0,
  int8: 1,
  int16: 2,
  int32: 3,
  float64: 4,
  text: 5,
  dictionary: 6,
  objects: 7,
} as const;

/** Objects whose fields are objects, as columns; what is deeper is mixed. */
export const columnDepthMax = 4;
export const fieldsMax = 64;
export const textBytesMax = 255;
export const differentTextsMax = 256;
