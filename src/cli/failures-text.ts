import { runText } from '../../actors/protocol/ids.js';
import type { PastFailure } from '../../actors/protocol/past-failure.js';
import { tableText } from './table-text.js';

/** What went wrong and when, the last one first, which is the one that people look for; empty where nothing did. */
export function failuresText(failures: readonly PastFailure[]): string {
  if (failures.length === 0) return '';
  const rows = failures
    .toReversed()
    .map((past) => [
      timeText(past.atMs),
      runText(past.run),
      whoseText(past),
      placeText(past),
      past.class,
      `${past.failure.code}: ${past.failure.message}`,
    ]);
  return tableText(['FAILED AT', 'RUN', 'WHAT', 'ON', 'CLASS', 'FAILURE'], rows);
}

const timeText = (atMs: number): string => new Date(atMs).toISOString().replace('T', ' ').slice(0, -5);

/** A subtask by the name of its vertex as well. */
const whoseText = ({ where, vertex }: PastFailure): string => (vertex === null ? where : `${vertex} (${where})`);

const placeText = ({ process, slot }: PastFailure): string =>
  process === null ? '-' : slot === null ? process : `${process}/${slot}`;
