/** Up to here a call with each unit as an argument is faster than one into the runtime. */
const listedUnitsMax = 40;

type ReadUnits = (bytes: Uint8Array, at: number) => string;

/** For each length up to `listedUnitsMax`, a function that makes a text of so many bytes in one call. */
const readers: readonly ReadUnits[] = Array.from({ length: listedUnitsMax + 1 }, (_, length) => {
  const units = Array.from({ length }, (_unit, at) => `bytes[at + ${at}]`);
  return new Function('bytes', 'at', `return String.fromCharCode(${units.join(', ')});`) as ReadUnits;
});

/**
 * `count` texts of one byte for each unit, one behind the other from `start`; their lengths are the bytes from `lengths`. Each is made by
 * itself: parts of one long string would refer to it, and whoever kept one in state would keep all of the frame.
 */
export function readTexts(bytes: Buffer, lengths: number, start: number, count: number): string[] {
  const texts: string[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    const length = bytes[lengths + index] as number;
    texts.push(
      length <= listedUnitsMax ? (readers[length] as ReadUnits)(bytes, at) : bytes.toString('latin1', at, at + length),
    );
    at += length;
  }
  return texts;
}
