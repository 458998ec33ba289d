import type { Mutant } from '../mutant.js';

/** Defects of keyed state and of what a restore loads. */
export const stateMutants: readonly Mutant[] = [
  {
    name: 'list-add-not-dirty',
    file: 'src/state/heap/heap-list-state.ts',
    find: `list.values.push(value);
    this.cursor.changed();`,
    replace: 'list.values.push(value);',
    race: null,
    harm: 'An addition to a list does not mark its key group, so that a snapshot leaves it out.',
  },
  {
    name: 'handed-out-list-changed',
    file: 'src/state/heap/heap-list-state.ts',
    find: 'if (list.handedOut) {',
    replace: 'if (list.handedOut && !this.development) {',
    race: null,
    harm: 'A list that user code holds changes under its hands.',
  },
  {
    name: 'empty-part-taken-for-drained',
    file: 'actors/job-master/restore.ts',
    find: 'subtasks.get(key)?.drained === true;',
    replace: 'subtasks.get(key)?.operators.length === 0;',
    race: null,
    harm: 'A subtask without state is restored as one that had finished: its input is lost.',
  },
];
