import type { Mutant } from '../mutant.js';

/** Defects of committing in two phases. */
export const sinkMutants: readonly Mutant[] = [
  {
    name: 'commits-exactly-n',
    file: 'src/operators/sink-operator.ts',
    find: 'compareCheckpoints(item.checkpoint, checkpoint) <= 0);',
    replace: 'compareCheckpoints(item.checkpoint, checkpoint) === 0);',
    race: 4,
    harm: 'A completion commits its own checkpoint only: what an aborted or overtaken one left is committed late or never.',
  },
  {
    name: 'recommit-skipped',
    file: 'src/operators/sink-operator.ts',
    find: '(then) => this.commit(committables, then),\n      (then) => writer.abortOthers(committables, then),',
    replace: "() => 'done',\n      (then) => writer.abortOthers(committables, then),",
    race: 19,
    harm: 'A restored sink does not commit what its checkpoint holds: records that count as committed are lost.',
  },
  {
    name: 'leftovers-stay',
    file: 'src/connectors/file/file-sink-writer.ts',
    find: 'private leftovers = true;',
    replace: 'private leftovers = false;',
    race: 19,
    harm: 'What earlier attempts left open is never cleared away.',
  },
  {
    name: 'names-collide-over-subtasks',
    file: 'src/connectors/file/part-names.ts',
    find: 'return `${dot}${this.stem}${subtask}-${runText(run)}-${number}${this.endings[stage]}`;',
    replace: 'return `${dot}${this.stem}${subtask * 0}-${runText(run)}-${number}${this.endings[stage]}`;',
    race: 20,
    harm: 'Subtasks of one sink give their parts the same names.',
  },
  {
    name: 'names-collide-over-runs',
    file: 'src/connectors/file/part-names.ts',
    find: 'return `${dot}${this.stem}${subtask}-${runText(run)}-${number}${this.endings[stage]}`;',
    replace:
      'return `${dot}${this.stem}${subtask}-${runText(run - (run % 1_048_576))}-${number}${this.endings[stage]}`;',
    race: 20,
    harm: 'Attempts of one subtask give their parts the same names.',
  },
  {
    name: 'one-committable-kept',
    file: 'src/operators/sink-operator.ts',
    find: 'this.pending = [...this.pending, { checkpoint, committables }];',
    replace: 'this.pending = [{ checkpoint, committables }];',
    race: 20,
    harm: 'Committables of an earlier checkpoint are dropped when the next one is prepared.',
  },
  {
    name: 'one-committable-committed',
    file: 'src/connectors/file/commit-parts.ts',
    find: 'if (failed === null) from(i + 1);\n      else settle(failed);',
    replace: 'settle(failed);',
    race: 20,
    harm: 'Of several committables of one subtask the first alone is committed.',
  },
  {
    name: 'restored-state-for-all',
    file: 'actors/job-master/restore.ts',
    find: 'operatorState: isForAll || owner === index ? snapshot.operatorState : null,',
    replace: 'operatorState: owner >= 0 ? snapshot.operatorState : null,',
    race: 20,
    harm: 'Operator state of one subtask is restored into all of them: readers read splits twice.',
  },
];
