import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Delivered } from '../kernel/message.js';
import type { JobRun, SubtaskKey } from '../protocol/ids.js';
import type { WatermarkReport } from '../subtask/messages.js';
import type { AlignmentAnswer, AlignmentInput, AlignmentMessage } from './messages.js';

/** One reader as its group knows it. */
export interface Member {
  readonly key: SubtaskKey;
  readonly group: string;
  readonly maxDriftMs: number;
  /** The newest; null before the first. */
  readonly report: WatermarkReport | null;
}

export interface AlignmentContext {
  readonly run: JobRun;
  /** By index, in the order of the placement: one of a thousand is replaced without building a record anew. */
  readonly members: readonly Member[];
  readonly indexOf: Readonly<Record<SubtaskKey, number>>;
}

type Context = AlignmentContext;

/** Above every watermark: nobody has to be waited for. */
const noLimit = Number.MAX_SAFE_INTEGER;

/** At first nobody's watermark is known, after a restore neither. */
export function alignmentContext({ run, alignments, readers }: AlignmentInput): AlignmentContext {
  const keys = Object.keys(readers);
  const members = keys.flatMap((key): readonly Member[] => {
    const alignment = alignments.find(({ vertex }) => vertex === key.slice(0, key.lastIndexOf('#')));
    if (alignment === undefined) return [];
    return [{ key, group: alignment.group, maxDriftMs: alignment.maxDriftMs, report: null }];
  });
  return { run, members, indexOf: Object.fromEntries(members.map(({ key }, index) => [key, index])) };
}

/** Notes how far a reader is, and says how far it may go. A report that comes late changes nothing and is answered all the same. */
export function note(context: Context, message: Delivered<AlignmentMessage>): Decision<Context> {
  const { run, subtask, report, meta } = message;
  if (run !== context.run) return { refuse: 'staleRun' };
  const index = context.indexOf[subtask];
  const member = index === undefined ? undefined : context.members[index];
  if (index === undefined || member === undefined) return { refuse: 'unknownReader' };
  const isNews = report.number > (member.report?.number ?? 0);
  const members = isNews ? context.members.with(index, { ...member, report }) : context.members;
  const announced: AlignmentAnswer = { type: 'alignment.announced', run, limit: limitOf(members, member) };
  return { context: { members }, effects: answer(meta.ask, announced) };
}

/**
 * The least watermark of the group, and the drift that this reader is allowed. Whoever is idle or has ended holds nobody back. Null while an active one has said
 * nothing, or has no watermark yet: the others wait, and it does not, because what has no watermark is always read.
 */
function limitOf(members: readonly Member[], { group, maxDriftMs }: Member): number | null {
  let least = Number.POSITIVE_INFINITY;
  for (const member of members) {
    if (member.group !== group) continue;
    if (member.report === null) return null;
    if (member.report.status !== 'active') continue;
    if (member.report.watermark === null) return null;
    if (member.report.watermark < least) least = member.report.watermark;
  }
  return Math.min(noLimit, least + maxDriftMs);
}

/** For people: who holds back a group. */
export const waitingFor = (_state: string, { members }: Context): readonly string[] =>
  members
    .filter(({ report }) => report === null || (report.status === 'active' && report.watermark === null))
    .map(({ key }) => key);
