import type { JobSpec } from '../../../src/simulation/jobs/index.js';

/** Two readers, and as many subtasks that count what they read by key: some two seconds of input, with a checkpoint every 80 ms. */
export const smallJob: JobSpec = {
  sink: { parallelism: 2 },
  time: null,
  checkpointIntervalMs: 80,
  checkpointTimeoutMs: 1_000,
  tolerableFailedCheckpoints: 0,
  restartDelayMs: 20,
  bufferTimeoutMs: 5,
  sources: [{ parallelism: 2, splits: 2, records: 80, ratePerSecond: 40 }],
  stages: [{ kind: 'keyed', state: 'value', keys: 3, keyKind: 'text', parallelism: 2, maxParallelism: 4, inputs: 1 }],
};
