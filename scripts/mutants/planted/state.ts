import type { Mutant } from '../mutant.js';

/** Defects of keyed state and of what a restore loads. */
export const stateMutants: readonly Mutant[] = [
  {
    name: 'list-add-not-dirty',
    file: 'src/state/heap/heap-list-state.ts',
    find: 'cursor.changing(slot);',
    replace: '',
    race: null,
    harm: 'An addition to a list does not mark its entry, so that a snapshot leaves it out.',
  },
  {
    name: 'handed-out-list-changed',
    file: 'src/state/heap/heap-list.ts',
    find: 'if (this.handedOut) {',
    replace: 'if (this.handedOut && this.changedIn === 0) {',
    race: null,
    harm: 'A list that user code holds changes under its hands.',
  },
  {
    name: 'changes-forgotten-on-abort',
    file: 'src/state/heap/heap-state.ts',
    find: 'this.taken.delete(checkpointText(checkpoint));',
    replace: `this.taken.delete(checkpointText(checkpoint));
    for (const group of this.cursor.groups) group.forgetThrough(this.cursor.interval);`,
    race: null,
    harm: 'What a checkpoint that was aborted had written is in no later delta.',
  },
  {
    name: 'aborted-is-a-base',
    file: 'src/state/heap/heap-snapshot.ts',
    find: ': group.changesSince(base.interval);',
    replace: ': group.changesSince(Math.max(base.interval, this.stamp - 2));',
    race: null,
    harm: 'A delta holds what changed since the snapshot before, which may have been aborted, and not since its base.',
  },
  {
    name: 'deltas-in-wrong-order',
    file: 'src/task/checkpoint/restored-state.ts',
    find: 'const parts = ranges.map((range) => this.bytesOf(range));',
    replace: 'const parts = [...ranges.slice(0, 1), ...ranges.slice(1).reverse()].map((range) => this.bytesOf(range));',
    race: null,
    harm: 'A restore applies the newest delta first, so that older content of a key wins.',
  },
  {
    name: 'tombstone-dropped',
    file: 'src/state/heap/heap-snapshot.ts',
    find: `this.gone.write(key);
      this.goneCount += 1;`,
    replace: '',
    race: null,
    harm: 'A key that was cleared since the base is there again after a restore.',
  },
  {
    name: 'not-written-before-touch',
    file: 'src/state/heap/heap-snapshot.ts',
    find: 'if (!isPending) return false;',
    replace: 'if (isPending || !isPending) return false;',
    race: null,
    harm: 'An entry that records change while the snapshot is written is not in it, or as it is after the barrier.',
  },
  {
    name: 'image-appended-to-its-chain',
    file: 'src/task/checkpoint/subtask-snapshot.ts',
    find: "const before = kind === 'full' ? [] : knownAt(draft, keyGroup).ranges;",
    replace: 'const before = draft.base?.group(keyGroup)?.ranges ?? [];',
    race: null,
    harm: 'A group that is written in full again keeps the chain that it replaces.',
  },
  {
    name: 'chain-known-by-its-end',
    file: 'actors/checkpoint-coordinator/blobs.ts',
    find: 'for (const operator of operators) for (const { blob } of rangesOf(operator)) names.add(blob.name);',
    replace: `for (const operator of operators) {
      for (const { ranges } of operator.keyGroups) names.add(ranges.at(-1)?.blob.name ?? '');
      if (operator.operatorState !== null) names.add(operator.operatorState.blob.name);
    }`,
    race: 23,
    harm: 'A blob is deleted while the newest checkpoint still refers to it within a chain.',
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
