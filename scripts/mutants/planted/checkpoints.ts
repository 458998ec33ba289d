import type { Mutant } from '../mutant.js';

/** Defects of who takes a checkpoint together: its coordinator, and the actors of the subtasks. */
export const checkpointMutants: readonly Mutant[] = [
  {
    name: 'late-part-counts',
    file: 'actors/checkpoint-coordinator/collecting.ts',
    find: "if (order !== 0) return order < 0 ? 'over' : 'unknownCheckpoint';",
    replace: "if (order > 0) return 'unknownCheckpoint';",
    race: 1,
    harm: 'A part of a checkpoint that is over completes the one that runs now, with state from another cut.',
  },
  {
    name: 'trigger-again',
    file: 'actors/subtask/checkpoints.ts',
    find: 'if (newest === null || compareCheckpoints(checkpoint, newest.checkpoint) > 0) return null;',
    replace: 'if (newest === null || compareCheckpoints(checkpoint, newest.checkpoint) !== 0) return null;',
    race: 2,
    harm: 'A barrier that is older than the newest one is asked of the stream again.',
  },
  {
    name: 'abort-again',
    file: 'actors/subtask/checkpoints.ts',
    find: 'if (isOver(context, checkpoint)) return { effects: answer(meta.ask, aborted) };',
    replace: '',
    race: 3,
    harm: 'Each repetition of an abort goes on to the data plane, between the barriers of the checkpoints that follow.',
  },
  {
    name: 'unresolved-entry-discarded',
    file: 'actors/checkpoint-coordinator/machine.ts',
    find: `          { guard: 'mayCreateAgain', actions: 'createAgain' },
          { guard: 'isOurs', target: 'failed', actions: 'noteUnresolved' },`,
    replace: "          { guard: 'isOurs', target: 'idle', actions: ['noteUnresolved', 'deleteAborted'] },",
    race: 8,
    harm: 'A log entry of unknown outcome is taken for one that failed: what a complete checkpoint refers to is deleted.',
  },
  {
    name: 'previous-deleted-before-durable',
    file: 'actors/checkpoint-coordinator/writing.ts',
    find: 'return { context: { creations: 1 }, effects: [...unaskOpen(context), ...endCollecting(context), create(context)] };',
    replace: `const kept = JSON.stringify(context.snapshots);
  const before = JSON.stringify(context.latest?.subtasks ?? []);
  const names = [...before.matchAll(/"name":"([^"]*)"/g)].map(([, name]) => name as string).filter((name) => !kept.includes(name));
  const gone: Effect = { kind: 'blobs.delete', job: context.plan.job, names };
  return { context: { creations: 1 }, effects: [...unaskOpen(context), ...endCollecting(context), create(context), gone] };`,
    race: null,
    harm: 'What only the checkpoint before refers to is deleted before the new log entry is durable.',
  },
  {
    name: 'superseded-still-referred-to',
    file: 'actors/checkpoint-coordinator/retaining.ts',
    find: '[...dropped].filter((name) => !names.has(name) && !needed.has(name))',
    replace: '[...dropped].filter((name) => !needed.has(name))',
    race: 23,
    harm: 'What the checkpoint before refers to is deleted, also where the new one goes on referring to it.',
  },
  {
    name: 'aborted-takes-its-base',
    file: 'actors/checkpoint-coordinator/aborting.ts',
    find: '[...written].filter((name) => !kept.has(name))',
    replace: '[...written].filter((name) => kept.size >= 0)',
    race: 23,
    harm: 'With an aborted checkpoint goes what its parts took over from their base.',
  },
];
