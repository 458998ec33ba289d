import type { Mutant } from '../mutant.js';

/** Defects of handing out splits. */
export const sourceMutants: readonly Mutant[] = [
  {
    name: 'snapshot-with-assignments-outstanding',
    file: 'actors/source-coordinator/decisions.ts',
    find: 'if (valve === null || valve.snapshotted || context.outstanding > 0) return {};',
    replace: 'if (valve === null || valve.snapshotted) return {};',
    race: 6,
    harm: 'A split that is on its way to a reader is in the snapshot of nobody.',
  },
  {
    name: 'valve-stays-open',
    file: 'actors/source-coordinator/decisions.ts',
    find: 'const readers = context.readers.map((reader) => ({ ...reader, closed: true }));',
    replace: 'const { readers } = context;',
    race: 6,
    harm: 'A reader gets a split after the snapshot and before its barrier: the split is in the snapshots of both.',
  },
  {
    name: 'valve-reopens-for-all',
    file: 'actors/source-coordinator/decisions.ts',
    find: 'return serve(context, replaced(context, { ...reader, closed: false }), [reader.index]);',
    replace:
      'return serve(context, context.readers.map((each) => ({ ...each, closed: false })), [...context.readers.keys()]);',
    race: 6,
    harm: 'The first barrier that is injected opens the valve for readers that have not injected theirs.',
  },
  {
    name: 'assignment-taken-twice',
    file: 'actors/subtask/decisions.ts',
    find: 'if (assignment <= context.assignment) return { effects: answer(meta.ask, added) };',
    replace: '',
    race: 6,
    harm: 'A repeated assignment gives a reader its splits once more.',
  },
  {
    name: 'enumerator-starts-afresh',
    file: 'actors/job-master/subtasks.ts',
    find: 'restored: context.latest?.enumerators.find((enumerator) => enumerator.uid === uid) ?? null,',
    replace: 'restored: null,',
    race: 7,
    harm: 'Readers go on from a checkpoint and the enumerator from the beginning: splits are read twice.',
  },
  {
    name: 'readers-start-afresh',
    file: 'src/task/tasklet.ts',
    find: 'source?.rewind();',
    replace: '',
    race: 7,
    harm: 'The enumerator goes on from a checkpoint and readers do not: the splits they had are read by nobody.',
  },
];
