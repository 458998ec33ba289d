import { cac } from 'cac';
import type { TraceRecord } from '../src/ports/telemetry.js';
import { unpackDeviations } from '../src/simulation/replay-line.js';
import { buildSimulation } from './mutants/build.js';
import { mutants } from './mutants/list.js';

/** Runs one schedule again and tells it step by step. Exit code 1 when it breaks an invariant. */
const cli = cac('replay');
cli
  .option('--seed <n>', 'Seed of the run')
  .option(
    '--deviations <word>',
    'Exactly these deviations, as a finding prints them; without it they are drawn from the seed',
  )
  .option('--small', 'The seed is one of a soak of small clusters')
  .option('--mutant <name>', 'With this defect planted')
  .option('--resumed', 'The run that goes on from the savepoint which the run of that seed has left')
  .option('--all', 'Also tell heartbeats and reports');
cli.help();
const { options } = cli.parse();
if (!options.help) {
  if (options.seed === undefined) throw new Error('--seed is missing: take it from the line that the finding printed.');
  const mutant = options.mutant === undefined ? null : mutants.find(({ name }) => name === options.mutant);
  if (mutant === undefined)
    throw new Error(`There is no mutant ${options.mutant}: they stand in scripts/mutants/planted.`);
  const { planRun, runOf, simulate, simulateAndResume } = await buildSimulation(mutant);
  const plan = planRun(Number(options.seed), options.small === true ? 'small' : 'any');
  const deviations = options.deviations === undefined ? null : unpackDeviations(String(options.deviations));
  console.log(`job ${JSON.stringify(plan.job)}`);
  console.log(`${plan.taskManagers} task managers with ${plan.slots} slots, healed at ${plan.healAtMs} ms`);
  const onTrace = (record: TraceRecord): void => tell(record, options.all === true);
  const { resumed } =
    options.resumed === true ? simulateAndResume(plan, (spec) => ({ ...spec, onTrace })) : { resumed: null };
  const report = resumed ?? simulate({ ...runOf(plan, deviations), onTrace });
  console.log(`deviations ${JSON.stringify(report.deviations, null, 2)}`);
  console.log(
    `${report.outcome ?? 'not ended'} after ${report.events} events, ${report.virtualMs.toFixed(1)} virtual ms, digest ${report.digest}`,
  );
  if (report.violation !== null) {
    console.log(`${report.violation.message}\n${JSON.stringify(report.violation.details, null, 2)}`);
    process.exitCode = 1;
  }
}

function tell(record: TraceRecord, all: boolean): void {
  const { atMs, process: name, incarnation, actor, message, verdict, fromState, toState } = record;
  if (!all && (/heartbeat|reported|progressed|slot\.changed/.test(message.type) || actor.startsWith('heartbeat/')))
    return;
  const move = fromState === toState ? (toState ?? '') : `${fromState ?? '·'} → ${toState ?? '·'}`;
  const note =
    verdict.kind === 'taken' ? '' : ` [${verdict.kind} ${'reason' in verdict ? verdict.reason : verdict.code}]`;
  console.log(`${atMs.toFixed(2).padStart(9)} ${name}/${incarnation} ${actor}  ${message.type}  ${move}${note}`);
}
