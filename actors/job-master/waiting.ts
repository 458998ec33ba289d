import { savepointKey } from '../protocol/savepoint.js';
import { scalePrefix } from '../protocol/scaling.js';
import type { Context } from './context.js';
import { logKey, logPrefix } from './log.js';
import { keysIn } from './phases.js';
import { openQuestions } from './questions.js';
import { stopKey } from './stopping.js';

/** What is still awaited, for people: the subtasks, slots and records by name. */
export function waitingFor(state: string, context: Context): readonly string[] {
  switch (state) {
    case 'created':
      return [resultKey(context)];
    case 'recallingStop':
      return [stopKey(context)];
    case 'recallingScale':
      return [scalePrefix(context.record.job)];
    case 'checkpointingForRescale':
      return ['checkpoint'];
    case 'retrievingCheckpoint':
      return [logPlace(context)];
    case 'backingOff':
      return [`restart delay of ${context.restarting.delayMs} ms`];
    case 'finishing':
    case 'failing':
    case 'canceling':
      return endingWaits(context);
    default:
      return [...openQuestions(context).map(({ subject }) => subject), ...keysIn(context.sources, 'discovering')];
  }
}

function endingWaits(context: Context): readonly string[] {
  switch (context.endingStep) {
    case 'persisting':
      return [resultKey(context)];
    case 'closing':
      return keysIn(context.slotPhases, 'closing');
    case 'reading':
      return [logPlace(context)];
    case 'sweeping':
      return ['blobs.swept'];
  }
}

const resultKey = ({ record }: Context): string => `jobs/${record.job}/result`;

function logPlace({ record, log }: Context): string {
  if (log.asked === 'origin') return savepointKey(record.from?.savepoint ?? '');
  return log.asked === 'list' ? logPrefix(record.job) : logKey(record.job, log.asked === 'claim' ? log.end : log.at);
}
