import type { Mutant } from '../mutant.js';

/** Defects of what is kept of checkpoints that are not the newest. */
export const retentionMutants: readonly Mutant[] = [
  {
    name: 'subsumed-takes-what-a-retained-one-shares',
    file: 'actors/checkpoint-coordinator/retaining.ts',
    find: '[...dropped].filter((name) => !names.has(name) && !needed.has(name))',
    replace: '[...dropped].filter((name) => !names.has(name))',
    race: null,
    harm: 'With a checkpoint that is not kept any more go files that an older retained one refers to, and the newest does not.',
  },
  {
    name: 'retained-one-too-few',
    file: 'actors/checkpoint-coordinator/retaining.ts',
    find: 'Math.max(0, older.length - (retainedCheckpoints - 1))',
    replace: 'Math.max(0, older.length - Math.max(0, retainedCheckpoints - 2))',
    race: null,
    harm: 'One checkpoint fewer is kept than the job says: what a rollback would go back to is gone.',
  },
  {
    name: 'retained-newest-dropped-first',
    file: 'actors/checkpoint-coordinator/context.ts',
    find: 'retained: input.retained,',
    replace: 'retained: [...input.retained].reverse(),',
    race: null,
    harm: 'A later run drops the newest of those that earlier runs have left, and keeps the oldest.',
  },
  {
    name: 'newest-counted-twice',
    file: 'actors/job-master/retained.ts',
    find: 'sameCheckpoint(id, older.latest.id) || ',
    replace: '',
    race: null,
    harm: 'A later run takes the newest checkpoint for an older one as well, and so keeps one too few.',
  },
];
