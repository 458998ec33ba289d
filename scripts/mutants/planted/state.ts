import type { Mutant } from '../mutant.js';

/** Defects of keyed state and of what a restore loads. */
export const stateMutants: readonly Mutant[] = [
  {
    name: 'changes-forgotten-after-abort',
    file: 'src/state/heap/heap-state.ts',
    find: 'return interval;\n',
    replace: 'return this.cursor.interval - 1;\n',
    race: null,
    harm: 'x',
  },
  {
    name: 'list-add-not-dirty',
    file: 'src/state/heap/heap-list-state.ts',
    find: `list.values.push(value);
    this.cursor.changed();`,
    replace: 'list.values.push(value);',
    race: null,
    harm: 'x',
  },
  {
    name: 'handed-out-list-changed',
    file: 'src/state/heap/heap-list-state.ts',
    find: 'if (list.handedOut) {',
    replace: 'if (list.handedOut && !this.development) {',
    race: null,
    harm: 'x',
  },
  {
    name: 'empty-part-taken-for-drained',
    file: 'actors/job-master/restore.ts',
    find: 'checkpoint.subtasks.get(key)?.drained === true;',
    replace: 'checkpoint.subtasks.get(key)?.operators.length === 0;',
    race: null,
    harm: 'x',
  },
];
