import type { Mutant } from '../mutant.js';

/** Defects of who leads, who holds a slot, and who is held for lost. */
export const clusterMutants: readonly Mutant[] = [
  {
    name: 'log-not-claimed',
    file: 'actors/job-master/recovery.ts',
    find: "return own ? { kind: 'claimed', nextIndex: end, ...found } : { kind: 'claim', index: end, ...found };",
    replace: "return { kind: 'claimed', nextIndex: end, ...found };",
    race: 8,
    harm: 'A run restores before its own log entry bars the way for a checkpoint that lands late.',
  },
  {
    name: 'slot-granted-before-closed',
    file: 'actors/resource-manager/table.ts',
    find: "use: { kind: 'releasing', allocation } }));",
    replace: "use: { kind: 'free' } }));",
    race: 12,
    harm: 'A slot is granted again although what it holds may still run.',
  },
  {
    name: 'heartbeat-forgets-answers',
    file: 'actors/heartbeat/decisions.ts',
    find: 'const alive = { silentMs: 0, heard: true, probe: null };',
    replace: 'const alive = { probe: null };',
    race: null,
    harm: 'A task manager that answers is held for lost after the heartbeat timeout.',
  },
  {
    name: 'round-stays',
    file: 'actors/job-master/failover.ts',
    find: 'round: round + 1,',
    replace: 'round,',
    race: 10,
    harm: 'A recovery deploys under the run number of the one that failed, so that what is left of that one cannot be told from it.',
  },
  {
    name: 'stale-failure-ends-run',
    file: 'actors/job-master/questions.ts',
    find: 'message.run === runOf(context);',
    replace: 'message.run <= runOf(context);',
    race: 5,
    harm: 'A failure that an attempt of an earlier run reports late ends the run that took its place.',
  },
  {
    name: 'stale-request-served',
    file: 'actors/source-coordinator/assignment.ts',
    find: "  if (message.run !== context.run) return { refuse: 'staleRun' };\n  const reader = readerOf(context, message.subtask);\n  if (reader === undefined) return { refuse: 'unknownReader' };\n  const noted",
    replace:
      "  const reader = readerOf(context, message.subtask);\n  if (reader === undefined) return { refuse: 'unknownReader' };\n  const noted",
    race: 5,
    harm: 'A reader of an earlier run that asks late gets splits of this one, which then nobody reads.',
  },
];
