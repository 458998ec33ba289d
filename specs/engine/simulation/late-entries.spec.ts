import { describe, expect, it } from 'vitest';
import { logKey } from '../../../actors/job-master/log.js';
import type { LogEntry } from '../../../actors/protocol/manifest.js';
import { decodeRecord } from '../../../src/runtime/host/records.js';
import { allCheckers } from '../../../src/simulation/checkers/index.js';
import { noFaults } from '../../../src/simulation/choices.js';
import { type JobSpec, jobOf } from '../../../src/simulation/jobs/index.js';
import { type RunReport, simulate } from '../../../src/simulation/run.js';
import { smallJob } from './small-job.js';

const job: JobSpec = { ...smallJob, retainedCheckpoints: 2, externalizedCheckpoints: 'retainOnCancellation' };

/** The job is canceled, and the store carries out a creation in its log, by its number, so much later than it was asked to. */
function canceled(atMs: number, creation: number, lateMs: number): RunReport {
  const { record, code } = jobOf(job);
  const deviations = { 'cancel:job': atMs, [`store:jm:create:log#${creation}`]: lateMs };
  const rates = { ...noFaults, storeLate: 0.01 };
  const common = { seed: 1, taskManagers: 2, slots: 2, healAtMs: 10_000, checkers: allCheckers };
  return simulate({ ...common, record, code, deviations, rates });
}

/** The kinds of the last two entries of the log. */
function endOf({ blobs }: RunReport): string {
  const entries = [...blobs.keys()].filter((name) => name.startsWith(logKey('sim', 0).slice(0, -8))).sort();
  const kinds = entries.slice(-2).map((name) => {
    const decoded = decodeRecord(name, blobs.get(name) as Uint8Array);
    return 'record' in decoded ? (decoded.record as LogEntry).kind : 'damaged';
  });
  return kinds.join(', ');
}

describe('log: a creation that lands behind the cancel of a job whose checkpoints outlive it', () => {
  it('is one of the checkpoints that are left, or void: what the log names is there', { timeout: 60_000 }, () => {
    const ends = new Set<string>();
    for (let atMs = 548; atMs <= 596; atMs += 12) {
      for (const creation of [4, 5]) {
        for (const lateMs of [20, 160, 320]) {
          const report = canceled(atMs, creation, lateMs);
          const when = `canceled at ${atMs} ms, creation ${creation} late by ${lateMs} ms`;
          expect(report, when).toMatchObject({ violation: null, outcome: 'canceled' });
          ends.add(endOf(report));
        }
      }
    }
    expect([...ends]).toEqual(['checkpoint, recovered']);
  });
});
