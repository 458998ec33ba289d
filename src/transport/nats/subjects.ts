import type { Failure } from '../../../actors/kernel/failure.js';
import { failure } from '../../../actors/kernel/failure.js';
import type { ProcessName, SlotAddress } from '../../../actors/protocol/ids.js';

/**
 * The subjects of a cluster. `weir.<cluster>.ctl.<process>.<topic>` carries envelopes to a process, and the process subscribes to all
 * of its topics at once; `weir.<cluster>.ctl.$all.<topic>` carries those for every process;
 * `weir.<cluster>.data.<process>.<incarnation>.<slot>` carries frames to a slot.
 * `weir.<cluster>.log.<process>.ask` asks a process for its log, `weir.<cluster>.logs.ask` every one, and
 * `weir.<cluster>.log.<process>.lines` carries its lines while somebody follows it. On `weir.<cluster>.watch` watchers
 * say that they watch, and `weir.<cluster>.times.ask` asks task managers for event times; `weir.<cluster>.trace.<process>.<role>` is what they then get to see.
 */
export const controlSubject = (cluster: string, process: ProcessName, topic: string): string =>
  `weir.${cluster}.ctl.${process}.${isTopic(topic) ? topic : unnamedTopic}`;

export const everyControlSubject = (cluster: string, process: ProcessName): string =>
  `weir.${cluster}.ctl.${process}.>`;

export const dataSubject = (cluster: string, { process, incarnation, slot }: SlotAddress): string =>
  `weir.${cluster}.data.${process}.${incarnation}.${slot}`;

export const logSubject = (cluster: string, process: ProcessName): string => `weir.${cluster}.log.${process}.ask`;
export const everyLogSubject = (cluster: string): string => `weir.${cluster}.logs.ask`;
export const logLinesSubject = (cluster: string, process: ProcessName): string =>
  `weir.${cluster}.log.${process}.lines`;
export const everyLogLinesSubject = (cluster: string): string => `weir.${cluster}.log.*.lines`;

/** Asks every task manager how far its subtasks of a job are in event time. */
export const timesSubject = (cluster: string): string => `weir.${cluster}.times.ask`;

/** `$` cannot stand in the name of a process. */
export const broadcastSubject = (cluster: string, topic: string): string =>
  `weir.${cluster}.ctl.$all.${isTopic(topic) ? topic : unnamedTopic}`;

export const everyBroadcastSubject = (cluster: string): string => `weir.${cluster}.ctl.$all.>`;

export const watchSubject = (cluster: string): string => `weir.${cluster}.watch`;

export const traceSubject = (cluster: string, process: ProcessName, role: string): string =>
  `weir.${cluster}.trace.${process}.${isTopic(role) ? role : unnamedTopic}`;

export const everyTraceSubject = (cluster: string): string => `weir.${cluster}.trace.>`;

const nameCharactersMax = 128;
const namePattern = /^[A-Za-z0-9_-]+$/;
const topicPattern = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
const topicCharactersMax = 256;
/** For a topic that cannot stand in a subject, as a stranger's message type may not: only watchers read topics. */
const unnamedTopic = 'unnamed';

const isTopic = (topic: string): boolean => topic.length <= topicCharactersMax && topicPattern.test(topic);

/** True for one token of a subject. An address from the wire may hold anything: wildcards, spaces, a line of the protocol. */
export const isSubjectName = (name: string): boolean => name.length <= nameCharactersMax && namePattern.test(name);

export const isSlotAddress = ({ process, incarnation, slot }: SlotAddress): boolean =>
  isSubjectName(process) && isSubjectName(incarnation) && Number.isInteger(slot);

/** Null when `name` can stand in subjects; `what` it names is for the message: `cluster`, `process`. */
export function subjectNameFailure(what: string, name: string): Failure | null {
  if (isSubjectName(name)) return null;
  const message =
    `${JSON.stringify(name)} cannot be the name of a ${what}. ` +
    `Use 1 to ${nameCharactersMax} letters, digits, dashes and underscores.`;
  return failure('NAME_INVALID', 'user', message, 'never');
}
