import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../../actors/kernel/effect.js';
import type { Parallelism } from '../../../../actors/protocol/scaling.js';
import { parallelismOf, scaleKey } from '../../../../actors/protocol/scaling.js';
import { encodeRecord } from '../../../../src/runtime/host/records.js';
import { rescaleIsKept } from '../../../../src/simulation/checkers/i25-rescale-is-kept.js';
import { CraftedRun, job, message, smallRecord } from './crafted-run.js';

const wider: Parallelism = { in: 4, out: 2 };
const told = (parallelism: Parallelism): Effect => ({
  kind: 'answer',
  ask: { id: 'a', from: { process: 'client', incarnation: 'c', actor: 'client' } },
  message: message('job.rescaling', { job, parallelism, changes: [] }),
});
const begins = (parallelism: Parallelism): Effect => ({
  kind: 'actor.start',
  role: 'checkpoint-coordinator',
  actor: `checkpoint-coordinator/${job}`,
  input: { graph: { vertices: Object.entries(parallelism).map(([id, own]) => ({ id, parallelism: own })) } },
});
const keep = (run: CraftedRun, index: number, parallelism: Parallelism): void =>
  run.write('create', scaleKey(job, index), encodeRecord({ format: 1, job, index, request: 'r', parallelism }));

describe('I25: a promised parallelism is kept', () => {
  const submitted = parallelismOf(smallRecord.graph);

  it('is silent when it is told after it is durable, and every later run has it, or one that came later still', () => {
    const run = new CraftedRun(rescaleIsKept);
    run.trace({ effects: [begins(submitted)] });
    keep(run, 0, wider);
    run.trace({ effects: [begins(submitted)] });
    run.trace({ effects: [told(wider)] });
    run.trace({ effects: [begins(wider)] });
    keep(run, 1, submitted);
    run.trace({ effects: [begins(wider)] });
    run.trace({ effects: [begins(submitted)] });
  });

  it('fires when somebody is told of what is not durable', () => {
    const run = new CraftedRun(rescaleIsKept);
    expect(() => run.trace({ effects: [told(wider)] })).toThrow('told of a parallelism that is not durable');
  });

  it('fires when a run begins at another one than was promised', () => {
    const run = new CraftedRun(rescaleIsKept);
    keep(run, 0, wider);
    run.trace({ effects: [told(wider)] });
    expect(() => run.trace({ effects: [begins(submitted)] })).toThrow('a run begins at another parallelism');
  });

  it('fires when the record is deleted', () => {
    expect(() => new CraftedRun(rescaleIsKept).write('delete', scaleKey(job, 0))).toThrow('was deleted');
  });
});
