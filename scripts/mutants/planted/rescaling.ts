import type { Mutant } from '../mutant.js';

/** Defects of how a running job gets another parallelism. */
export const rescalingMutants: readonly Mutant[] = [
  {
    name: 'rescale-forgotten-by-the-next-leader',
    file: 'actors/job-master/machine.ts',
    find: "target: 'retrievingCheckpoint', actions: ['applyScale', 'retrieve'] },",
    replace: "target: 'retrievingCheckpoint', actions: 'retrieve' },",
    race: null,
    harm: 'A client was told that the job has another parallelism, the leader is lost, and the next one runs it as it was.',
  },
  {
    name: 'rescale-told-before-it-is-durable',
    file: 'actors/job-master/rescaling.ts',
    find: "return { context: { ...asked.context, rescaling: { ...rescaling, step: 'keeping' } }, effects: asked.effects };",
    replace:
      "return { context: { ...asked.context, rescaling: { ...rescaling, step: 'keeping' } }, effects: [...asked.effects, ...answer(rescaling.ask, granted(record))] };",
    race: null,
    harm: 'The leader crashes before the store has it: nobody knows of what was promised.',
  },
  {
    name: 'key-groups-by-the-old-parallelism',
    file: 'actors/job-master/restore.ts',
    find: '({ keyGroup }) => Math.floor((keyGroup * parallelism) / maxParallelism) === index,',
    replace: '({ keyGroup }) => Math.floor((keyGroup * oldParallelism) / maxParallelism) === index,',
    race: 18,
    harm: 'State of a key lies with a subtask that its records do not go to, and with none when there are fewer than before.',
  },
  {
    name: 'committables-of-removed-subtasks-dropped',
    file: 'actors/job-master/restore.ts',
    find: 'const owner = isUnchanged ? oldIndex : oldIndex % parallelism;',
    replace: 'const owner = oldIndex;',
    race: 20,
    harm: 'What subtasks had promised to commit that are no more is never committed.',
  },
  {
    name: 'finished-at-another-parallelism',
    file: 'actors/job-master/restore.ts',
    find: 'allWere || (before === own && wasOver[index])',
    replace: 'allWere || wasOver[index]',
    race: null,
    harm: 'A subtask is held to be one that had finished, and gets what another one had not read.',
  },
  {
    name: 'readers-of-the-old-graph',
    file: 'actors/job-master/subtasks.ts',
    find: 'readers: readersOf(context, vertex, finished),',
    replace:
      'readers: readersOf(context, context.record.graph.vertices.find(({ id }) => id === vertex.id) ?? vertex, finished),',
    race: null,
    harm: 'Readers that a rescale has added are given no splits, nor told that there are none.',
  },
];
