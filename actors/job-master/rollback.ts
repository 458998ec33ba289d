import type { Failure } from '../kernel/failure.js';
import { sameCheckpoint } from '../protocol/ids.js';
import type { Context } from './context.js';
import { isOrigin } from './restore.js';

/**
 * The checkpoint that could not be restored is damaged, and the job may go back: the next run looks for an older one that is kept as well. Null
 * when it may not, or none is left. From `passedOver` on the log is read again, because what was known of it was the damaged one.
 */
export function passOver(context: Context, { code }: Failure): Partial<Context> | null {
  const { latest, passedOver, record } = context;
  const { allowRollback, retainedCheckpoints = 1 } = record.graph.options;
  if (code !== 'CHECKPOINT_DAMAGED' || !allowRollback || latest === null || isOrigin(latest)) return null;
  // Each of the others that is tried could be damaged too; what is no longer kept certainly is.
  if (passedOver.length + 1 >= retainedCheckpoints) return null;
  if (passedOver.some((id) => sameCheckpoint(id, latest.id))) return null;
  return { passedOver: [...passedOver, latest.id], latest: null, nextIndex: 0 };
}
