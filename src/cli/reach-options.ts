import type { Command as Declared } from 'cac';
import { withAccess } from './access-options.js';

/** How a command gets to NATS, and how long it tries. */
export function withReach(command: Declared, waitSeconds: number): Declared {
  const about = 'How long to wait for NATS, and for an answer';
  return withAccess(command.option('--wait <seconds>', about, { default: waitSeconds }));
}
