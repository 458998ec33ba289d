import type { Mutant } from '../mutant.js';

/** Defects of who leads, who holds a slot, and who is held for lost. */
export const clusterMutants: readonly Mutant[] = [
  {
    name: 'log-not-claimed',
    file: 'actors/job-master/recovery.ts',
    find: `  return own
    ? { kind: 'claimed', nextIndex: end, latest: step.latest }
    : { kind: 'claim', index: end, latest: step.latest };`,
    replace:
      "  return own || end >= 0 ? { kind: 'claimed', nextIndex: end, latest: step.latest } : { kind: 'claim', index: end, latest: step.latest };",
    race: 8,
    harm: 'A run restores before its own log entry bars the way for a checkpoint that lands late.',
  },
  {
    name: 'entry-in-the-way-unread',
    file: 'actors/job-master/log.ts',
    find: 'return judge(newest, entryOf(event.record, newest.at, facts.job), facts);',
    replace: "return { kind: 'end', reading: newest, latest: facts.known };",
    race: 8,
    harm: 'A checkpoint that lands between the reading of the log and its claim is passed over: a restore goes behind it.',
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
    name: 'closed-run-opens-again',
    file: 'actors/slot/decisions.ts',
    find: 'allocation.run > closedRun(context, allocation.job);',
    replace: 'allocation.run > closedRun(context, allocation.job) || context.allocation === null;',
    race: 12,
    harm: 'A question to open a run that arrives after its end opens it again, and nobody closes it any more.',
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
    find: '({ context: { round: round + 1 } })',
    replace: '({ context: { round } })',
    race: 10,
    harm: 'x',
  },
  {
    name: 'stale-failure-ends-run',
    file: 'actors/job-master/questions.ts',
    find: "message.run === runOf(context);",
    replace: 'message.run <= runOf(context);',
    race: 5,
    harm: 'x',
  },
  {
    name: 'stale-request-served',
    file: 'actors/source-coordinator/assignment.ts',
    find: "  if (message.run !== context.run) return { refuse: 'staleRun' };\n  const reader = readerOf(context, message.subtask);\n  if (reader === undefined) return { refuse: 'unknownReader' };\n  const noted",
    replace: "  const reader = readerOf(context, message.subtask);\n  if (reader === undefined) return { refuse: 'unknownReader' };\n  const noted",
    race: 5,
    harm: 'x',
  },
];
