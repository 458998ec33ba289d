import type { Mutant } from '../mutant.js';

/** Defects of savepoints, and of jobs that end or begin with one. */
export const savepointMutants: readonly Mutant[] = [
  {
    name: 'savepoint-that-nothing-covers',
    file: 'actors/checkpoint-coordinator/machine.ts',
    find: "{ guard: 'takesLast', target: 'triggering', actions: ['noteSnapshot', 'cover'] },",
    replace: "{ guard: 'takesLast', target: 'publishing', actions: ['noteSnapshot', 'cover'] },",
    race: null,
    harm: 'A savepoint is shown before what it holds is committed: a recovery aborts that, and nobody can commit it any more.',
  },
  {
    name: 'savepoint-is-a-base',
    file: 'actors/job-master/subtasks.ts',
    find: 'latest: isOrigin(latest) ? null : latest,',
    replace: 'latest,',
    race: null,
    harm: 'The first checkpoint of a job that begins with a savepoint refers to it, or deletes its files when it is complete.',
  },
  {
    name: 'stop-savepoint-forgotten-by-the-next-run',
    file: 'actors/job-master/restore.ts',
    find: 'finished: stops !== undefined || isFinished(key) };',
    replace: 'finished: isFinished(key) };',
    race: null,
    harm: 'The savepoint with which the job ends is in the log, the leader is lost, and the next run processes on from it.',
  },
];
