import type { Mutant } from '../mutant.js';

/** Defects of how a job is stopped. */
export const stopMutants: readonly Mutant[] = [
  {
    name: 'stop-forgotten-by-the-next-leader',
    file: 'actors/job-master/machine.ts',
    find: "actions: 'noteKept',",
    replace: "actions: 'applyScale',",
    race: null,
    harm: 'A new leader reads on from a checkpoint in which readers have ended before their input had.',
  },
  {
    name: 'stop-before-it-is-durable',
    file: 'actors/dispatcher/stopping.ts',
    find: "effects: [{ kind: 'record.create', request, key: stopKey(job), record }],",
    replace: `effects: [
      { kind: 'tell', actor: actorNames.jobMaster(job), message: { type: 'jobMaster.stop' } as JobMasterMessage },
      { kind: 'record.create', request, key: stopKey(job), record },
    ],`,
    race: null,
    harm: 'Readers end, the leader crashes, and the next one knows of no wish: what they had left is never read.',
  },
];
