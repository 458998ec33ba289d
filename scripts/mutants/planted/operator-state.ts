import type { Mutant } from '../mutant.js';

/** Defects of list, union-list and broadcast state, where subtasks are restored, are others than before, or have finished. */
export const operatorStateMutants: readonly Mutant[] = [
  {
    name: 'list-entries-beyond-even-parts-lost',
    file: 'src/operators/operator-lists.ts',
    find: 'Math.floor(all.length / parallelism) * index + Math.min(index, all.length % parallelism);',
    replace: 'Math.floor(all.length / parallelism) * index;',
    race: null,
    harm: 'At another parallelism the entries that do not divide evenly go to nobody.',
  },
  {
    name: 'list-entry-dealt-twice',
    file: 'src/operators/operator-lists.ts',
    find: 'return all.slice(cut(subtaskIndex), cut(subtaskIndex + 1));',
    replace: 'return all.slice(cut(subtaskIndex), cut(subtaskIndex + 1) + 1);',
    race: null,
    harm: 'At another parallelism an entry at the edge of two parts is in both.',
  },
  {
    name: 'list-stays-at-another-parallelism',
    file: 'actors/job-master/restore.ts',
    find: "((kind === 'operatorSplit' || kind === 'operatorTime') && !isUnchanged),",
    replace: "(kind === 'operatorTime' && !isUnchanged),",
    race: null,
    harm: 'Each subtask takes its even part of the entries that one old subtask had, and not of all.',
  },
  {
    name: 'union-of-its-own-part',
    file: 'src/operators/operator-lists.ts',
    find: 'if (isRestored && !list.declared) list.restore(this.all(name));',
    replace: '',
    race: null,
    harm: 'A union-list state has what the subtask itself had, as a list state would.',
  },
  {
    name: 'union-without-the-pieces-of-others',
    file: 'actors/job-master/restore.ts',
    find: "({ kind }) => kind === 'operatorUnion' || (",
    replace: '({ kind }) => (',
    race: null,
    harm: 'Subtasks are not given what the others had in a union-list state.',
  },
  {
    name: 'list-state-of-finished-subtasks-dropped',
    file: 'actors/checkpoint-coordinator/carrying.ts',
    find: 'if (context.unfinished === plan.members.length) return [];',
    replace: 'if (context.unfinished <= plan.members.length) return [];',
    race: 15,
    harm: 'The entries of subtasks that have finished are in no later checkpoint, while others of their vertex run.',
  },
  {
    name: 'broadcast-state-for-old-subtasks-alone',
    file: 'actors/job-master/restore.ts',
    find: 'copies.find((old) => old.index === index) ?? copies[index % copies.length];',
    replace: 'copies.find((old) => old.index === index);',
    race: null,
    harm: 'Subtasks that a rescale has added begin without what has been broadcast.',
  },
  {
    name: 'broadcast-state-not-restored',
    file: 'src/operators/broadcast-state.ts',
    find: 'map.restore(key, value, written);',
    replace: 'if (written !== null) map.restore(key, value, written);',
    race: null,
    harm: 'What was broadcast before a checkpoint is gone after a restore.',
  },
];
