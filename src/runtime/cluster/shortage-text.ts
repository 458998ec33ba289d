import { bytesText } from '../../../actors/protocol/memory-size.js';
import type { Shortage } from '../../../actors/resource-manager/messages.js';

/** That a job waits for slots, how many are missing, and how many are free but too small for it. */
export function shortageText({ wanted, available, slotMemoryBytes, tooSmall }: Shortage): string {
  const missing = wanted - available;
  const text = `waits for slots: ${available} of ${wanted} are free, ${missing} ${missing === 1 ? 'is' : 'are'} missing`;
  if (tooSmall === 0) return text;
  const others = tooSmall === 1 ? '1 more is free, but has' : `${tooSmall} more are free, but have`;
  return `${text}; ${others} less than the ${bytesText(slotMemoryBytes)} of managed memory that it asks of each (weir taskmanager --slot-memory)`;
}
