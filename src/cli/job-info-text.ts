import type { CheckpointsDescription, JobDescribed } from '../../actors/checkpoint-coordinator/messages.js';
import { checkpointText, runText, sameCheckpoint } from '../../actors/protocol/ids.js';
import { originId } from '../../actors/protocol/savepoint.js';
import type { EventTimes } from '../runtime/inspection/event-times.js';
import { eventTimesText } from './event-times-text.js';
import { failuresText } from './failures-text.js';
import { restartText } from './restart-text.js';
import { tableText } from './table-text.js';

/** How a job does, for people: how it is, how far its checkpoints are, where its subtasks are, and what went wrong. */
export function describedText({ job, checkpoints }: JobDescribed, eventTimes: readonly EventTimes[]): string {
  const { record, state, waitsFor, waitsForMore, stopping, run, attempts, userFailures } = job;
  const facts: readonly (readonly [string, string])[] = [
    ['job', record.job],
    ['state', stopping ? `${state}, stopping` : state],
    ['waits for', waitsText(waitsFor, waitsForMore)],
    ['run', `${runText(run)}, attempt ${attempts} of this leader, ${userFailures} ended by the job's own code`],
    ['restarts', restartText(job.restart)],
    ['went on from', originText(job)],
    ['parallelism', parallelismText(job)],
    ['checkpoints', checkpoints === null ? '' : checkpointsText(checkpoints)],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const parts = [
    facts.flatMap(([name, text]) => (text === '' ? [] : [`${name.padEnd(width)}  ${text}`])).join('\n'),
    subtasksText(job),
    eventTimesText(eventTimes),
    failuresText(job.failures),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function originText({ restored, record }: JobDescribed['job']): string {
  if (restored === null) return 'the beginning';
  return sameCheckpoint(restored, originId)
    ? `savepoint ${record.from?.savepoint}`
    : `checkpoint ${checkpointText(restored)}`;
}

function parallelismText({ record, parallelism, rescales }: JobDescribed['job']): string {
  const vertices = record.graph.vertices.map(({ id, name }) => `${name} ${parallelism[id]}`).join(', ');
  if (record.reactive !== undefined) return `${vertices}; it follows the slots`;
  return rescales === 0 ? vertices : `${vertices}; rescaled ${rescales === 1 ? 'once' : `${rescales} times`}`;
}

function checkpointsText({
  state,
  latest,
  retained,
  entries,
  failures,
  cause,
  ...subtasks
}: CheckpointsDescription): string {
  const kept = retained.length === 0 ? '' : `, ${retained.length} older kept`;
  const newest = latest === null ? 'none is complete yet' : `newest complete ${checkpointText(latest)}${kept}`;
  const failed = failures === 0 || cause === null ? '' : `, ${failures} failed since: ${cause.message}`;
  const { running, drained, finished } = subtasks;
  const ends =
    drained + finished === 0 ? '' : `; ${running} subtasks run, ${drained} have drained, ${finished} finished`;
  return `${newest}, ${entries} log entries, now ${state}${failed}${ends}`;
}

function waitsText(waitsFor: readonly string[], more: number): string {
  const names = waitsFor.join(', ');
  return more === 0 ? names : `${names} and ${more} more`;
}

function subtasksText({ subtasks }: JobDescribed['job']): string {
  if (subtasks.length === 0) return '';
  const rows = subtasks.map(({ subtask, phase, process, slot }) => [subtask, phase, process, String(slot)]);
  return tableText(['SUBTASK', 'PHASE', 'TASK MANAGER', 'SLOT'], rows);
}
