import { cac } from 'cac';
import { allActors } from './diagrams/actors.js';
import { buildSimulation } from './mutants/build.js';
import { Soak } from './soak/soak.js';

/** Runs generated schedules against the engine and says what they reached. Exit code 1 when one finds something. */
const cli = cac('soak');
cli
  .option('--runs <n>', 'How many runs', { default: 1_000 })
  .option('--seed <n>', 'The first seed; run i has seed + i', { default: 1 })
  .option('--small', 'Small clusters: one or two task managers, two vertices at most')
  .option('--no-checkers', 'Watch only that no message is unanswered, nothing throws and each job ends')
  .option('--keep-going', 'Go on after a finding')
  .option('--json', 'Print the summary as one JSON line');
cli.help();
const { options } = cli.parse();
if (!options.help) {
  const soak = new Soak(await buildSimulation(null), allActors);
  const summary = soak.run({
    runs: Number(options.runs),
    seed: Number(options.seed),
    size: options.small === true ? 'small' : 'any',
    checkers: options.checkers !== false,
    keepGoing: options.keepGoing === true,
    print: console.error,
  });
  console.log(options.json === true ? JSON.stringify(summary) : soak.text(summary));
  process.exitCode = summary.findings.length === 0 ? 0 : 1;
}
