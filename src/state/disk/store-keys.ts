import type { StoreKey } from '../../ports/key-value-engine.js';

/**
 * What stands under which key of the store. Numbers have fixed lengths, big-endian, so that their order is that of the keys:
 *
 *     G, key group, canonical key, FF        all that one key has in the states of the operator, but for what follows
 *     C, collection, chunk                   a part of a long list or map: elements in their order
 *     I, collection, canonical map key       which chunk of a map holds that key
 *     T, state, time, sequence               a timer that is not among the soonest
 */
const unit = String.fromCharCode;

/** Ends a key: no tag of a canonical key is above it, so no key is the beginning of another. */
const keyEnd = '\xff';

export const groupPrefix = (keyGroup: number): StoreKey => `G${numberText(keyGroup, 2)}`;
export const recordKey = (prefix: StoreKey, canonicalKey: string): StoreKey => prefix + canonicalKey + keyEnd;

const collectionText = (collection: number): string => numberText(collection, 6);
export const chunkKey = (collection: number, chunk: number): StoreKey =>
  `C${collectionText(collection)}${numberText(chunk, 6)}`;
export const memberKey = (collection: number, canonicalKey: string): StoreKey =>
  `I${collectionText(collection)}${canonicalKey}`;
/** All keys of a collection: from, and to before. */
export const collectionRanges = (collection: number): readonly (readonly [StoreKey, StoreKey])[] =>
  ['C', 'I'].map((kind) => [kind + collectionText(collection), kind + collectionText(collection + 1)]);

export const timerKey = (state: number, time: number, sequence: number): StoreKey =>
  `T${numberText(state, 2)}${timeText(time)}${numberText(sequence, 6)}`;
/** Before it are all timers of the state. */
export const timersEnd = (state: number): StoreKey => `T${numberText(state + 1, 2)}`;
/** What stands in the key of a timer. */
export const timerOfKey = (key: StoreKey): { readonly time: number; readonly sequence: number } => ({
  time: timeOf(key.slice(3, 11)),
  sequence: numberOf(key.slice(11)),
});

/** The key behind this one and before all others. */
export const justAfter = (key: StoreKey): StoreKey => `${key}\0`;

function numberText(value: number, bytes: number): string {
  let text = '';
  for (let rest = value, left = bytes; left > 0; left--) {
    text = unit(rest % 256) + text;
    rest = Math.floor(rest / 256);
  }
  return text;
}

function numberOf(text: string): number {
  let value = 0;
  for (let at = 0; at < text.length; at++) value = value * 256 + text.charCodeAt(at);
  return value;
}

/** Times are any finite numbers: the bits of a double in the order of numbers. */
function timeText(time: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, time === 0 ? 0 : time);
  const isNegative = view.getUint8(0) >= 0x80;
  let text = '';
  for (let at = 0; at < 8; at++) text += unit(flipped(view.getUint8(at), at, isNegative));
  return text;
}

function timeOf(text: string): number {
  const view = new DataView(new ArrayBuffer(8));
  const isNegative = text.charCodeAt(0) < 0x80;
  for (let at = 0; at < 8; at++) view.setUint8(at, flipped(text.charCodeAt(at), at, isNegative));
  return view.getFloat64(0);
}

function flipped(byte: number, at: number, isNegative: boolean): number {
  if (isNegative) return byte ^ 0xff;
  return at === 0 ? byte ^ 0x80 : byte;
}
