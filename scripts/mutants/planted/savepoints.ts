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
    find: 'finished: stops !== undefined || isFinished };',
    replace: 'finished: isFinished };',
    race: 14,
    harm: 'The savepoint with which the job ends is in the log, the leader is lost, and the next run processes on from it.',
  },
  {
    name: 'failed-savepoint-never-given-up',
    file: 'actors/checkpoint-coordinator/savepoints.ts',
    find: '  context: { savepoint: null },\n',
    replace: '',
    race: 13,
    harm: 'What comes after a savepoint that failed is no checkpoint, but that savepoint again: in the end it is shown although its files are gone.',
  },
  {
    name: 'stop-savepoint-released-before-it-is-in-the-log',
    file: 'src/task/checkpoint/task-checkpoints.ts',
    find: 'if (savepoint?.suspends) this.last = checkpoint;',
    replace: 'if (savepoint?.suspends && facts.drained) this.last = checkpoint;',
    race: 14,
    harm: 'Records behind the barrier with which the job ends are processed: the savepoint is there, and what comes after it is put out twice.',
  },
];
