import { canonicalKeyText, keyTags } from './canonical-key.js';
import { murmur3OfAscii, murmur3OfByteText, murmur3OfInt32 } from './murmur3.js';

/** Key groups from `first` to `last`, both included. */
export interface KeyGroupRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The key group of a key, from 0 to maxParallelism − 1: the unit in which keyed state is stored and moved. The same in
 * every process and version, because stored state is placed by it. Throws KEY_UNSUPPORTED for what cannot be a key.
 */
export function keyGroupOf(key: unknown, maxParallelism: number): number {
  return hashOf(key) % maxParallelism;
}

/** MurmurHash3 of the canonical bytes; short cuts for the keys that streams mostly have. */
function hashOf(key: unknown): number {
  if (typeof key === 'string') {
    return murmur3OfAscii(keyTags.text, key) ?? murmur3OfByteText(canonicalKeyText(key));
  }
  if (typeof key === 'number' && (key | 0) === key) return murmur3OfInt32(keyTags.int32, key);
  return murmur3OfByteText(canonicalKeyText(key));
}

/** The key group of the tuple or object that has this canonical text. */
export const keyGroupOfText = (text: string, maxParallelism: number): number =>
  murmur3OfByteText(text) % maxParallelism;

/** The subtask that owns a key group. */
export const subtaskOf = (keyGroup: number, parallelism: number, maxParallelism: number): number =>
  Math.floor((keyGroup * parallelism) / maxParallelism);

/** The key groups that subtask `index` owns; those of all subtasks cover every group once, and none is empty. */
export function rangeOf(index: number, parallelism: number, maxParallelism: number): KeyGroupRange {
  return {
    first: Math.ceil((index * maxParallelism) / parallelism),
    last: Math.floor(((index + 1) * maxParallelism - 1) / parallelism),
  };
}

const fewestKeyGroups = 128;
const mostKeyGroups = 32_768;

/** Room to grow to half as many subtasks again, and to 128 at least. It cannot be changed while there is state. */
export function defaultMaxParallelism(parallelism: number): number {
  const wanted = parallelism + Math.floor(parallelism / 2);
  const powerOfTwo = 2 ** Math.ceil(Math.log2(wanted));
  return Math.min(Math.max(powerOfTwo, fewestKeyGroups), mostKeyGroups);
}
