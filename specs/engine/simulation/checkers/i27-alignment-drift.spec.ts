import { describe, expect, it } from 'vitest';
import { actorNames } from '../../../../actors/protocol/ids.js';
import type { WatermarkReport } from '../../../../actors/subtask/messages.js';
import { alignmentDrift } from '../../../../src/simulation/checkers/i27-alignment-drift.js';
import { type JobSpec, jobOf } from '../../../../src/simulation/jobs/index.js';
import { countingSpec } from './crafted-job.js';
import { CraftedRun, job, message, run1, run2 } from './crafted-run.js';

const driftMs = 50;
/** One record of one split, 10 ms after the one before: what its rate allows at a time. */
const batchMs = 10 + 1;
const spec: JobSpec = {
  ...countingSpec,
  time: {
    startMs: 0,
    stepMs: 10,
    grainMs: 1,
    disorderMs: 0,
    boundMs: 0,
    intervalMs: 50,
    idleMs: null,
    alignment: { maxDriftMs: driftMs, updateIntervalMs: 20 },
  },
};

/** Readers that report, and are answered. */
class Group extends CraftedRun {
  constructor() {
    super(alignmentDrift, jobOf(spec).record);
  }

  says(subtask: string, watermark: number | null, status: WatermarkReport['status'] = 'active', run = run1): void {
    const report = { number: 1, watermark, status };
    this.trace({ actor: actorNames.subtask(job, run, subtask), message: message('task.watermarkReached', { report }) });
  }

  hears(subtask: string, limit: number | null): void {
    this.trace({
      actor: actorNames.subtask(job, run1, subtask),
      message: message('alignment.announced', { run: run1, limit }),
    });
  }
}

describe('I27: nobody goes further than the drift allows', () => {
  it('is silent while limits follow the reader that is furthest behind, and readers their limits', () => {
    const group = new Group();
    group.says('fast#0', null);
    group.says('slow#0', 10);
    group.hears('fast#0', null);
    group.says('fast#0', 40);
    group.hears('fast#0', 60);
    group.says('fast#0', 60 + batchMs);
    group.says('slow#0', 200, 'idle');
    group.hears('fast#0', 60 + batchMs + driftMs);
    group.says('fast#0', 60 + driftMs + 2 * batchMs);
    // Another run begins with nothing known.
    group.says('fast#0', 50_000, 'active', run2);
  });

  it('fires when somebody is told to read beyond the drift', () => {
    const group = new Group();
    group.says('fast#0', 40);
    group.says('slow#0', 10);
    expect(() => group.hears('fast#0', 61)).toThrow('fast#0 is told to read up to 61, and slow#0 has come to 10');
  });

  it('fires when somebody who has not begun is not waited for', () => {
    const group = new Group();
    group.says('fast#0', 40);
    group.says('slow#0', null);
    expect(() => group.hears('fast#0', 90)).toThrow('slow#0 has come to -Infinity');
  });

  it('fires when a reader is further than one batch beyond what it was told', () => {
    const group = new Group();
    group.says('fast#0', 0);
    group.hears('fast#0', 50);
    expect(() => group.says('fast#0', 50 + batchMs + 1)).toThrow('was not to be beyond 61');
  });
});
