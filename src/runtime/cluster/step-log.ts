import type { TraceRecord } from '../../ports/telemetry.js';
import type { ProcessLog } from '../log/process-log.js';

/** At the level of debugging, every change of state of every actor. */
export function sayStep(log: ProcessLog, { actor, fromState, toState, message }: TraceRecord): void {
  if (toState === null || fromState === toState || !log.says('debug')) return;
  log.debug(`${actor}: ${fromState ?? 'created'} to ${toState} by ${message.type}`);
}
