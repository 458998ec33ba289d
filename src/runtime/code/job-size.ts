import type { Failure } from '../../../actors/protocol/failure.js';
import { failure } from '../../../actors/protocol/failure.js';
import type { JobRecord } from '../../../actors/protocol/job-graph.js';
import { ValueWriter } from '../../state/value-writer.js';

/** A slot is told the job with its graph twice and the place of every subtask, all in one message. */
const jobBytesMax = 262_144;

/** Why a job is too large to be told to a slot in one message; null when it is not. */
export function jobTooLarge(record: JobRecord): Failure | null {
  const writer = new ValueWriter();
  writer.write(record);
  const bytes = writer.copy().byteLength;
  if (bytes <= jobBytesMax) return null;
  const paramBytes = record.params.reduce((sum, param) => sum + Buffer.byteLength(param), 0);
  const message =
    `Job '${record.job}' takes ${bytes} bytes to be described, ${paramBytes} of them parameters, and may take ${jobBytesMax}. ` +
    'Put what is long into a file and give its path as a parameter; a graph of very many operators has to be split into several jobs.';
  return failure('JOB_TOO_LARGE', 'user', message, 'never');
}
