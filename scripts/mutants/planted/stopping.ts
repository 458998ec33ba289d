import type { Mutant } from '../mutant.js';

/** Defects of how a job is stopped. */
export const stopMutants: readonly Mutant[] = [
  {
    name: 'stop-forgotten-by-the-next-leader',
    file: 'actors/job-master/machine.ts',
    find: "actions: 'noteKept' }",
    replace: "actions: 'applyScale' }",
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
  {
    name: 'cancel-forgotten-by-the-next-leader',
    file: 'actors/dispatcher/lookups.ts',
    find: 'canceled: canceledIn(keys)',
    replace: 'canceled: canceledIn([])',
    race: null,
    harm: 'A client is told that the job is being canceled, the leader crashes, and the next one runs it on.',
  },
  {
    name: 'cancel-before-the-epochs-are-looked-at',
    file: 'actors/dispatcher/canceling.ts',
    find: "effects: [{ kind: 'record.create', request, key: cancelKey(job), record }],",
    replace: `effects: [
      { kind: 'tell', actor: actorNames.jobMaster(job), message: { type: 'jobMaster.cancel' } as JobMasterMessage },
      { kind: 'record.create', request, key: cancelKey(job), record },
    ],`,
    race: null,
    harm: 'The job ends, or not: the leader crashes before the wish is durable, and the next one runs on what was half closed.',
  },
  {
    name: 'cancel-runs-on-while-its-result-is-written',
    file: 'actors/job-master/machine.ts',
    find: "{ guard: 'isCanceled', target: 'canceling', actions: ['release', 'persist'] },",
    replace: "{ guard: 'isFatal', target: 'canceling', actions: ['release', 'persist'] },",
    race: null,
    harm: 'A canceled job whose slots are silent, or that has none, runs on.',
  },
  {
    name: 'cancel-deletes-what-is-to-outlive-it',
    file: 'actors/job-master/ending.ts',
    find: 'const keep = isKept(context) ?',
    replace: "const keep = isKept(context) && context.intent !== 'cancel' ?",
    race: null,
    harm: 'What a user wants to go on from after a cancel is gone.',
  },
];
