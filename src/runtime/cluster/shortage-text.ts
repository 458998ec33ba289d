import type { Shortage } from '../../../actors/resource-manager/messages.js';

/** That a job waits for slots, and how many are missing. */
export function shortageText({ wanted, available }: Shortage): string {
  const missing = wanted - available;
  return `waits for slots: ${available} of ${wanted} are free, ${missing} ${missing === 1 ? 'is' : 'are'} missing`;
}
