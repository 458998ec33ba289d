import type { Failure } from './failure.js';

/**
 * What kind of thing went wrong, for people and their alarms; no decision depends on it. `code`: the job's own code or input. `connection`: a
 * process, link or store that was lost or silent. `corruption`: bytes that are not what was written, or are gone. `resources`: no room, or no
 * memory. `engine`: Weirflow itself.
 */
export type FailureClass = 'code' | 'connection' | 'corruption' | 'resources' | 'engine';

export const failureClasses: readonly FailureClass[] = ['code', 'connection', 'corruption', 'resources', 'engine'];

/** Codes that say more than their domain. */
const classOfCode: Readonly<Record<string, FailureClass>> = {
  CHECKPOINT_DAMAGED: 'corruption',
  CODE_DAMAGED: 'corruption',
  COMMITTABLE_LOST: 'corruption',
  FRAME_CORRUPT: 'corruption',
  RECORD_DAMAGED: 'corruption',
  SAVEPOINT_DAMAGED: 'corruption',
  SAVEPOINT_LOST: 'corruption',
  SPLIT_GONE: 'corruption',
  STATE_UNREADABLE: 'corruption',
  CHANNEL_OVERRUN: 'resources',
  CONTROL_MESSAGE_TOO_LARGE: 'resources',
  DISK_FULL: 'resources',
  OUTPUT_OVERDRAWN: 'resources',
  SINK_UNWRITABLE: 'resources',
  SLOT_OUT_OF_MEMORY: 'resources',
  STORE_FULL: 'resources',
  STORE_UNWRITABLE: 'resources',
};

const classOfDomain: Readonly<Record<Failure['domain'], FailureClass>> = {
  user: 'code',
  infrastructure: 'connection',
  internal: 'engine',
};

export const failureClass = ({ code, domain }: Pick<Failure, 'code' | 'domain'>): FailureClass =>
  Object.hasOwn(classOfCode, code) ? (classOfCode[code] as FailureClass) : classOfDomain[domain];
