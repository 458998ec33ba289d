import { bytesOf, bytesText, slotMemoryBytesMin } from '../../actors/protocol/memory-size.js';
import { mistake } from './engine-error.js';

/** The bytes of a size such as `512MB`; throws OPTION_RANGE for what is none, and for less than any slot has. */
export function checkedMemory(size: string): number {
  const bytes = bytesOf(size);
  if (bytes !== null && bytes >= slotMemoryBytesMin) return bytes;
  const least = bytesText(slotMemoryBytesMin);
  throw mistake('OPTION_RANGE', `setSlotMemory is '${size}'. Give a size of at least ${least}, such as 512MB.`);
}
