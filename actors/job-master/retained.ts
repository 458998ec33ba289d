import type { RecordEvent } from '../kernel/message.js';
import { failureClass } from '../protocol/failure-class.js';
import { type CheckpointId, compareCheckpoints, sameCheckpoint } from '../protocol/ids.js';
import type { JobOptions, JobResult } from '../protocol/job-graph.js';
import type { CheckpointManifest, LogEntry, RetainedCheckpoint } from '../protocol/manifest.js';
import { originId } from '../protocol/savepoint.js';
import type { LogFacts, LogReading, LogStep } from './log.js';
import { blobNames } from './restore.js';

/** How many entries are read for each older checkpoint that is looked for: a log may hold any number of recoveries between two. */
const readsEach = 32;

/** The reading of a log below its newest complete checkpoint, for those that are kept as well. */
export interface OlderReading {
  readonly latest: CheckpointManifest;
  /** Those found so far, newest first. */
  readonly found: readonly RetainedCheckpoint[];
  /** Only what is not newer counts: a recovery that went back has left behind what lay above. */
  readonly bound: CheckpointId;
}

type End = Extract<LogStep, { kind: 'end' }>;

/** The newest complete checkpoint is found: whether older ones have to be looked for. */
export function withOlder(end: End, facts: LogFacts): LogStep {
  const { latest, reading } = end;
  if (latest === null || facts.retained < 2 || sameCheckpoint(latest.id, originId)) return end;
  return readOlderAt({ ...reading, asked: 'older', older: { latest, found: [], bound: latest.id } }, facts);
}

/** What one entry below the newest complete checkpoint says. One that cannot be read ends the search: what lies below is swept with the job. */
export function readOlder(
  reading: LogReading,
  event: RecordEvent,
  entry: LogEntry | string | null,
  facts: LogFacts,
): LogStep {
  const { older } = reading;
  if (older === null) return { kind: 'refused' };
  if (event.type === 'record.failed' && event.failure.retry !== 'never') return { kind: 'refused' };
  if (entry === null || typeof entry === 'string') return over(reading, older);
  const next = { ...reading, at: reading.at - 1 };
  if (entry.kind === 'recovered') {
    const { from, savepoint } = entry;
    if (from === null || savepoint !== undefined) return over(reading, older);
    const bound = compareCheckpoints(from, older.bound) < 0 ? from : older.bound;
    return readOlderAt({ ...next, older: { ...older, bound } }, facts);
  }
  const { id } = entry.checkpoint;
  const isKnown = sameCheckpoint(id, older.latest.id) || facts.passedOver.some((each) => sameCheckpoint(each, id));
  if (isKnown || compareCheckpoints(id, older.bound) > 0) return readOlderAt(next, facts);
  const found = [...older.found, { id, blobs: blobNames(entry.checkpoint) }];
  return readOlderAt({ ...next, older: { ...older, found } }, facts);
}

function readOlderAt(reading: LogReading, facts: LogFacts): LogStep {
  const { older, at, end } = reading;
  if (older === null) return { kind: 'refused' };
  const isEnough = older.found.length === facts.retained - 1 || at < 0 || end - at > readsEach * facts.retained;
  return isEnough ? over(reading, older) : { kind: 'ask', reading };
}

const over = (reading: LogReading, { latest, found }: OlderReading): LogStep => ({
  kind: 'end',
  reading,
  latest,
  older: [...found].reverse(),
});

/** Whether the retained checkpoints of a job outlive it. What is left of one that has failed because a file was damaged is always kept. */
export function outlive({ externalizedCheckpoints = 'none' }: JobOptions, { outcome, failure }: JobResult): boolean {
  if (outcome === 'finished') return false;
  if (failure !== null && failureClass(failure) === 'corruption') return true;
  return (
    externalizedCheckpoints === 'retainOnCancellation' || (outcome === 'failed' && externalizedCheckpoints !== 'none')
  );
}
