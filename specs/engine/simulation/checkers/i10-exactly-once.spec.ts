import { describe, expect, it } from 'vitest';
import { exactlyOnce } from '../../../../src/simulation/checkers/i10-exactly-once.js';
import type { Fold, SimRecord } from '../../../../src/simulation/jobs/index.js';
import { CountingRun, counted, countedInOrder, finalPath } from './crafted-job.js';

const all = counted(6);

function committed(records: readonly SimRecord[]): CountingRun {
  const run = new CountingRun(exactlyOnce);
  run.pending(0, records);
  run.commit(0);
  return run;
}

const end = (run: CountingRun): void => {
  run.result('finished');
  run.checker.ended?.();
};

const withFirstFold = (record: SimRecord, change: Partial<Fold>): SimRecord => ({
  ...record,
  folds: [{ ...(record.folds[0] as Fold), ...change }],
});

describe('I10: exactly once', () => {
  it('is silent when all is committed once, in parts and in any order', () => {
    const run = new CountingRun(exactlyOnce);
    run.pending(0, all.slice(3));
    run.pending(1, all.slice(0, 3));
    run.commit(0);
    run.commit(1);
    end(run);
  });

  it('fires at once when a record is committed twice', () => {
    const run = committed(all.slice(0, 3));
    run.pending(1, all.slice(2, 4));
    expect(() => run.commit(1)).toThrow('I10: record 0/0/2 was committed 2 times and may be 1 times');
  });

  it('fires at the end when a record is missing', () => {
    expect(() => end(committed(all.slice(1)))).toThrow('the output has record 0/0/0 0 times');
  });

  it('fires when a fold was made of other records than came out before it', () => {
    const records = all.map((record, index) => (index === 5 ? withFirstFold(record, { chain: 7 }) : record));
    expect(() => end(committed(records))).toThrow('a fold does not follow from the one before');
  });

  it('is silent when a job that was stopped has put out what it had read, and fires when it has put out less or more', () => {
    const stopped = (count: number): CountingRun => {
      const run = committed(counted(count));
      run.stop();
      run.complete(run.cut(1, { read: 3, parts: [0] }));
      return run;
    };
    end(stopped(3));
    expect(() => end(stopped(2))).toThrow('the output has record 0/0/2 0 times and should have it 1 times');
    expect(() => end(stopped(4))).toThrow('the output has record 0/0/3 1 times and should have it 0 times');
    const unasked = committed(counted(3));
    unasked.complete(unasked.cut(1, { read: 3, parts: [0] }));
    expect(() => end(unasked)).toThrow('the output has record 0/0/3 0 times');
  });

  it('fires when a count is given twice', () => {
    const records = all.map((record) => withFirstFold(record, { count: 1 }));
    expect(() => end(committed(records))).toThrow('number 1 is put out');
  });

  it('fires when the records of a split came in another order', () => {
    expect(() => end(committed(countedInOrder([5, 4, 3, 2, 1, 0])))).toThrow('which is behind it in its split');
  });

  it('fires when a file that was shown is replaced, removed or written to', () => {
    const replaced = committed(all);
    replaced.pending(1, all);
    expect(() => replaced.file('rename', 'out/.other', finalPath(0))).toThrow('was shown, and a rename replaced it');
    expect(() => committed(all).file('remove', finalPath(0))).toThrow('was shown, and a remove took it away');
    const written = committed(all);
    written.files.files.set(finalPath(0), Buffer.from('something else'));
    expect(() => end(written)).toThrow('has changed since it was shown');
  });

  it('fires when a file is shown that was never committed, and when the job fails', () => {
    const run = new CountingRun(exactlyOnce);
    expect(() => run.file('create', finalPath(0))).toThrow('showed out/part-files-0-1.1-0.jsonl uncommitted');
    expect(() => run.result('failed')).toThrow('the job has failed');
  });
});
