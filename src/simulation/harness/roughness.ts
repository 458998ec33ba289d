import type { TaskOptions } from '../../task/task-options.js';

/** How hard the data plane makes it for operators. */
export interface Roughness {
  readonly options: Pick<TaskOptions, 'batchRecordsMax' | 'channelWindowFrames'> | Record<string, never>;
  /** How many records a slot takes before another has its turn. */
  readonly turnRecordsMax: number;
  /** Every task in a slot of its own, so that all records go through frames. */
  readonly apart: boolean;
}

/** Room for everything. */
export const smooth: Roughness = { options: {}, turnRecordsMax: 1_024, apart: false };

/** Channels take so many records and are full then, until the consumer has had a turn of its own. */
export const narrow = (recordsMax: number, apart = false): Roughness => ({
  options: { batchRecordsMax: 1, channelWindowFrames: recordsMax },
  turnRecordsMax: recordsMax,
  apart,
});
