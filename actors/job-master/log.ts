import type { RecordEvent } from '../kernel/message.js';
import type { CheckpointId, Epoch, JobId } from '../protocol/ids.js';
import { checkpointText, compareCheckpoints, sameCheckpoint } from '../protocol/ids.js';
import type { CheckpointManifest, LogEntry, RetainedCheckpoint } from '../protocol/manifest.js';
import { originId, type SavepointName, savepointIn } from '../protocol/savepoint.js';
import { type OlderReading, readOlder, withOlder } from './retained.js';

/** Where the reading of a job's manifest log stands: first the list of its keys, then entries from the newest down. */
export interface LogReading {
  /** What the store was asked last. */
  readonly asked: 'list' | 'entry' | 'claim' | 'origin' | 'older';
  /** One past the newest entry that is known. */
  readonly end: number;
  /** The entry that is being read. */
  readonly at: number;
  /** What a newer `recovered` entry went on from; null while the newest checkpoint will do. */
  readonly wanted: CheckpointId | null;
  /** The newest entry that cannot be read, and why. */
  readonly damaged: string | null;
  /** The newest entry is this run's own claim: its creation had been given up as unknown. */
  readonly own: boolean;
  /** While `asked` is `older`. */
  readonly older: OlderReading | null;
}

export const notReading: LogReading = {
  asked: 'list',
  end: 0,
  at: 0,
  wanted: null,
  damaged: null,
  own: false,
  older: null,
};

/** What the reader of a log knows beforehand. */
export interface LogFacts {
  readonly job: JobId;
  readonly epoch: Epoch;
  readonly nonce: string;
  readonly allowRollback: boolean;
  /** Entries below this one were accounted for earlier ... */
  readonly knownEnd: number;
  /** ... by this checkpoint. */
  readonly known: CheckpointManifest | null;
  /** The savepoint that stands in for a first checkpoint; null where there is none, or it is of no interest. */
  readonly origin: SavepointName | null;
  /** How many complete checkpoints are kept, the newest included. */
  readonly retained: number;
  /** Complete checkpoints that cannot be restored. */
  readonly passedOver: readonly CheckpointId[];
}

export type LogStep =
  /** Ask the store what `reading` says. */
  | { readonly kind: 'ask'; readonly reading: LogReading }
  /** All entries below `reading.end` are accounted for; `latest` is the newest complete checkpoint. */
  | {
      readonly kind: 'end';
      readonly reading: LogReading;
      readonly latest: CheckpointManifest | null;
      /** Those that are kept beside it, oldest first. Absent: none was looked for. */
      readonly older?: readonly RetainedCheckpoint[];
    }
  /** Which checkpoint is the newest cannot be told, or it cannot be read. */
  | { readonly kind: 'damaged'; readonly what: string }
  /** The job has no checkpoint yet, and the savepoint that it begins with is not there, or is none. */
  | { readonly kind: 'lostOrigin'; readonly what: string }
  /** A newer leader writes this log: this one has nothing to say any more. */
  | { readonly kind: 'superseded'; readonly epoch: Epoch }
  /** The store refused for good what is no matter of damage: ask again after a while. */
  | { readonly kind: 'refused' };

export const logPrefix = (job: JobId): string => `jobs/${job}/log/`;
export const logKey = (job: JobId, index: number): string => `${logPrefix(job)}${String(index).padStart(8, '0')}`;

/** What follows from an answer of the store. A claim that was made is the caller's matter. */
export function readOn(reading: LogReading, event: RecordEvent, facts: LogFacts): LogStep {
  if (event.type === 'record.unknown') return { kind: 'ask', reading };
  if (reading.asked === 'origin') return readOrigin(reading, event, facts);
  if (reading.asked === 'older') {
    return readOlder(
      reading,
      event,
      event.type === 'record.read' ? entryOf(event.record, reading.at, facts.job) : null,
      facts,
    );
  }
  const step = readEntries(reading, event, facts);
  if (step.kind === 'end' && step.latest !== null) return withOlder(step, facts);
  const needsOrigin = step.kind === 'end' && facts.origin !== null;
  return needsOrigin ? { kind: 'ask', reading: { ...step.reading, asked: 'origin' } } : step;
}

/** The savepoint as the checkpoint that goes before all of the job's own. */
function readOrigin(reading: LogReading, event: RecordEvent, { origin }: LogFacts): LogStep {
  const name = String(origin);
  if (event.type === 'record.read') {
    const manifest = savepointIn(event.record, name);
    if (typeof manifest === 'string') return { kind: 'lostOrigin', what: manifest };
    return { kind: 'end', reading, latest: { ...manifest.checkpoint, id: originId } };
  }
  if (event.type === 'record.missing') return { kind: 'lostOrigin', what: `there is no savepoint '${name}' any more` };
  const isDamage = event.type === 'record.failed' && event.failure.retry === 'never';
  return isDamage ? { kind: 'lostOrigin', what: event.failure.message } : { kind: 'refused' };
}

function readEntries(reading: LogReading, event: RecordEvent, facts: LogFacts): LogStep {
  if (reading.asked === 'list') {
    return event.type === 'record.listed' ? readFrom(endOf(event.keys, facts.job), facts) : { kind: 'refused' };
  }
  if (reading.asked === 'claim') {
    // What stands at the claimed index is the newest entry now; its checkpoint, if it is one, counts.
    if (event.type !== 'record.exists') return { kind: 'refused' };
    const newest: LogReading = { ...notReading, asked: 'entry', end: reading.end + 1, at: reading.end };
    return judge(newest, entryOf(event.record, newest.at, facts.job), facts);
  }
  if (event.type === 'record.read') return judge(reading, entryOf(event.record, reading.at, facts.job), facts);
  if (event.type === 'record.missing') return judge(reading, 'it is listed, but missing', facts);
  // A store in trouble is no damaged record: what it cannot read now, it may read later.
  const isDamage = event.type === 'record.failed' && event.failure.retry === 'never';
  return isDamage ? judge(reading, event.failure.message, facts) : { kind: 'refused' };
}

/** Whether this is what `nonce` wrote: then a creation whose outcome was unknown had succeeded. */
export const isWrittenBy = (record: unknown, nonce: string): boolean =>
  typeof record === 'object' && record !== null && 'nonce' in record && record.nonce === nonce;

function readFrom(end: number, facts: LogFacts): LogStep {
  // A list may be stale, but what is known stays known.
  const known = Math.max(end, facts.knownEnd);
  return readAt({ ...notReading, asked: 'entry', end: known, at: known - 1 }, facts);
}

/** Reads `reading.at`, unless what lies there and below is known. */
function readAt(reading: LogReading, facts: LogFacts): LogStep {
  const { at, wanted } = reading;
  const { known, knownEnd } = facts;
  const isKnown = wanted === null || sameCheckpoint(wanted, known?.id ?? null);
  if (at < knownEnd && isKnown) return { kind: 'end', reading, latest: known };
  return wanted === null || at >= 0 ? { kind: 'ask', reading } : notFound(reading, wanted, facts, null);
}

function judge(reading: LogReading, entry: LogEntry | string, facts: LogFacts): LogStep {
  if (typeof entry === 'string') {
    const damaged = reading.damaged ?? `${logKey(facts.job, reading.at)} cannot be read: ${entry}`;
    // Below a `recovered` entry the damaged one may be any of those that it passed over.
    if (reading.wanted === null && !facts.allowRollback) return { kind: 'damaged', what: damaged };
    return readAt(below({ ...reading, damaged }), facts);
  }
  if (entry.epoch > facts.epoch) return { kind: 'superseded', epoch: entry.epoch };
  return entry.kind === 'checkpoint'
    ? judgeCheckpoint(reading, entry.checkpoint, facts)
    : judgeRecovered(reading, entry, facts);
}

function judgeCheckpoint(reading: LogReading, checkpoint: CheckpointManifest, facts: LogFacts): LogStep {
  const { wanted } = reading;
  // It cannot be restored: as if it, and what went on from it, were not there.
  if (facts.passedOver.some((id) => sameCheckpoint(id, checkpoint.id)))
    return readAt(below({ ...reading, wanted: null }), facts);
  if (wanted === null || sameCheckpoint(wanted, checkpoint.id)) return { kind: 'end', reading, latest: checkpoint };
  // A leader that was allowed to roll back passed over the newer ones; ids grow along the log, so `wanted` lies below.
  if (compareCheckpoints(checkpoint.id, wanted) > 0) return readAt(below(reading), facts);
  return notFound(reading, wanted, facts, checkpoint);
}

/** The newest entry that can be read decides; what those below it went on from is history. */
function judgeRecovered(
  reading: LogReading,
  { nonce, from, savepoint }: Extract<LogEntry, { kind: 'recovered' }>,
  facts: LogFacts,
): LogStep {
  const own = reading.own || (reading.at === reading.end - 1 && nonce === facts.nonce);
  const next: LogReading = { ...below(reading), own };
  if (reading.wanted !== null) return readAt(next, facts);
  // A savepoint lies in no log: what the job began with is the same for all its runs.
  return from === null || savepoint !== undefined
    ? { kind: 'end', reading: next, latest: null }
    : readAt({ ...next, wanted: from }, facts);
}

/** The checkpoint that a newer entry names is not above this place: it is the damaged one, or the log has a hole. */
function notFound(
  reading: LogReading,
  wanted: CheckpointId,
  facts: LogFacts,
  older: CheckpointManifest | null,
): LogStep {
  if (facts.allowRollback) return { kind: 'end', reading, latest: older };
  const hole = `no entry under ${logPrefix(facts.job)} holds checkpoint ${checkpointText(wanted)}`;
  return { kind: 'damaged', what: reading.damaged ?? hole };
}

const below = (reading: LogReading): LogReading => ({ ...reading, asked: 'entry', at: reading.at - 1 });

function endOf(keys: readonly string[], job: JobId): number {
  const indexes = keys
    .filter((key) => key.startsWith(logPrefix(job)))
    .map((key) => key.slice(logPrefix(job).length))
    .filter((name) => /^\d{8,}$/.test(name))
    .map(Number);
  return indexes.reduce((end, index) => Math.max(end, index + 1), 0);
}

/** What the store holds is input: the entry, or why it is none. */
function entryOf(record: unknown, index: number, job: JobId): LogEntry | string {
  if (!isEntryLike(record)) return 'it is no log entry';
  if (record.format !== 1) return `its format is ${String(record.format)}, and this version reads 1`;
  if (record.kind !== 'checkpoint' && record.kind !== 'recovered') return `it is of kind ${String(record.kind)}`;
  return record.index === index && record.job === job ? (record as LogEntry) : 'it is the entry of another place';
}

type EntryLike = { readonly [field in 'format' | 'kind' | 'index' | 'job']: unknown };

const isEntryLike = (record: unknown): record is EntryLike =>
  typeof record === 'object' &&
  record !== null &&
  ['format', 'kind', 'index', 'job', 'epoch', 'nonce'].every((field) => field in record);
