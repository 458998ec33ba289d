import { describe, expect, it } from 'vitest';
import { jobRun } from '../../../actors/protocol/ids.js';
import type { BlobHandle, CheckpointManifest } from '../../../actors/protocol/manifest.js';
import { checkpointSize } from '../../../src/metrics/checkpoint-facts.js';
import { JobsFacts } from '../../../src/metrics/job-facts.js';
import { stepOf } from './trace-record.js';

const run = jobRun(1, 2);

const blob = (name: string, bytes: number): BlobHandle => ({ name, bytes, checksum: '0' });

/** One key group lies in a blob of this checkpoint, the other where an earlier one has put it. */
const manifest: CheckpointManifest = {
  id: { epoch: 1, n: 7 },
  run,
  enumerators: [],
  finished: [],
  subtasks: [
    {
      subtask: 'count#0',
      drained: false,
      operators: [
        {
          uid: 'count',
          serializers: [],
          keyGroups: [
            {
              keyGroup: 1,
              watermark: 0,
              ranges: [{ blob: blob(`jobs/a/state/${run}/1-7/count-0`, 130), offset: 0, bytes: 100 }],
            },
            {
              keyGroup: 2,
              watermark: 0,
              ranges: [{ blob: blob(`jobs/a/state/${run}/1-6/count-0`, 5_000), offset: 0, bytes: 4_000 }],
            },
          ],
          operatorState: { blob: blob(`jobs/a/state/${run}/1-7/count-0`, 130), offset: 100, bytes: 30 },
        },
      ],
    },
  ],
};

/** A job `a` that runs, and the steps that follow. */
class Story {
  readonly facts = new JobsFacts();
  private state: string | null = null;
  private checkpoint = 'idle';

  constructor() {
    this.goes('created', { intent: 'restart' });
    this.goes('running');
  }

  goes(toState: string, contextPatch: Readonly<Record<string, unknown>> = {}): void {
    this.facts.trace(stepOf({ actor: 'job-master/a', fromState: this.state, toState, contextPatch }));
    this.state = toState;
  }

  checkpoints(atMs: number, toState: string, contextPatch: Readonly<Record<string, unknown>> = {}): void {
    const actor = 'checkpoint-coordinator/a';
    this.facts.trace(stepOf({ actor, atMs, fromState: this.checkpoint, toState, contextPatch }));
    this.checkpoint = toState;
  }

  get job() {
    return this.facts.jobs.get('a');
  }
}

describe('metrics: jobs, from the steps of a leader', () => {
  it('counts a restart for each failure, and none for the end of a job', () => {
    const story = new Story();
    story.goes('pausing', { cause: { code: 'X', domain: 'user' } });
    story.goes('redistributing');
    story.goes('pausing');
    story.goes('running');
    expect(story.job).toMatchObject({ state: 'running', restarts: 2, ended: false });
    expect([...(story.job?.failures ?? [])]).toEqual([['code', 2]]);
    story.goes('pausing', { intent: 'cancel' });
    story.goes('canceling');
    story.goes('canceled');
    expect(story.job).toMatchObject({ state: 'canceled', restarts: 2, ended: true });
  });

  it('counts failures by class, also the one that ends the job, and no cancellation', () => {
    const story = new Story();
    story.goes('pausing', { cause: { code: 'CHANNEL_GAP', domain: 'infrastructure' } });
    story.goes('running');
    story.goes('pausing', { cause: { code: 'STORE_FULL', domain: 'infrastructure' } });
    story.goes('running');
    story.goes('pausing', { intent: 'fail', cause: { code: 'CHECKPOINT_DAMAGED', domain: 'infrastructure' } });
    story.goes('failing');
    expect(Object.fromEntries(story.job?.failures ?? [])).toEqual({ connection: 1, resources: 1, corruption: 1 });
  });

  it('a checkpoint that completes: how long it took, what was written, what it refers to', () => {
    const story = new Story();
    story.checkpoints(100, 'triggering');
    story.checkpoints(130, 'collecting');
    story.checkpoints(180, 'writingManifest');
    story.checkpoints(200, 'notifying', { latest: manifest });
    story.checkpoints(210, 'idle');
    expect(story.job?.checkpoints).toMatchObject({ completed: 1, failed: 0, aborted: 0 });
    expect(story.job?.checkpoints.last).toEqual({ durationMs: 100, bytes: 130, fullBytes: 4_130, completedAtMs: 200 });
  });

  it('one that is declined has failed, one whose run ends is aborted, and neither is twice', () => {
    const story = new Story();
    story.checkpoints(0, 'triggering');
    story.checkpoints(1, 'aborting');
    story.checkpoints(2, 'idle');
    story.checkpoints(3, 'triggering');
    story.checkpoints(4, 'collecting');
    story.goes('pausing');
    story.goes('running');
    story.goes('pausing');
    expect(story.job?.checkpoints).toMatchObject({ completed: 0, failed: 1, aborted: 1, last: null });
  });

  it('a blob that several parts share counts as written once', () => {
    expect(checkpointSize(manifest)).toEqual({ bytes: 130, fullBytes: 4_130 });
    expect(checkpointSize({ ...manifest, subtasks: [] })).toEqual({ bytes: 0, fullBytes: 0 });
  });

  it('keeps the figures of 64 jobs that have ended, and of all that live', () => {
    const facts = new JobsFacts();
    for (let index = 0; index < 100; index += 1) {
      const actor = `job-master/job-${index}`;
      facts.trace(stepOf({ actor, toState: 'created' }));
      if (index > 0) facts.trace(stepOf({ actor, fromState: 'created', toState: 'finished' }));
    }
    expect(facts.jobs.size).toBe(65);
    expect([facts.jobs.has('job-0'), facts.jobs.has('job-35'), facts.jobs.has('job-36')]).toEqual([true, false, true]);
  });
});
