import { describe, expect, it } from 'vitest';
import { sameDigest } from '../../../../src/simulation/checkers/index.js';
import { noFaults } from '../../../../src/simulation/choices.js';
import { jobOf } from '../../../../src/simulation/jobs/index.js';
import type { RunSpec } from '../../../../src/simulation/run.js';
import { countingSpec } from './crafted-job.js';

const { record, code } = jobOf(countingSpec);
const spec: RunSpec = {
  seed: 1,
  record,
  code,
  taskManagers: 1,
  slots: 1,
  rates: noFaults,
  deviations: null,
  healAtMs: 100,
  checkers: [],
};

describe('I20: same digest', () => {
  it('gives the report of the run when a second one went alike', () => {
    const report = sameDigest(spec);
    expect(report.violation).toBeNull();
    expect(report.outcome).toBe('finished');
  });

  it('fires when a run depends on what was before it', () => {
    let loads = 0;
    const fickle: RunSpec['code'] = {
      load(asked, done) {
        loads += 1;
        // The leader and one slot load it in each run: only the second run waits for it twice.
        if (loads === 3) done({ ok: false, failure: { ...failure } });
        else code.load(asked, done);
      },
    };
    const failure = { code: 'X', domain: 'infrastructure', retry: 'restart', message: '', stack: '' } as const;
    expect(sameDigest({ ...spec, code: fickle }).violation?.message).toBe('I20: two runs of seed 1 differ');
  });
});
