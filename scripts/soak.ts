import { availableParallelism } from 'node:os';
import { cac } from 'cac';
import { allActors } from './diagrams/actors.js';
import { soakOptions } from './soak/options.js';
import { Soak } from './soak/soak.js';
import { bundleWorkers } from './soak/start-workers.js';
import { summaryText } from './soak/summary.js';

/**
 * Runs generated schedules against the engine and says what they reached. Exit code 1 when one finds something or a worker dies; at Ctrl+C the
 * summary is of the runs that are over, and the exit code 130 if they found nothing. A second Ctrl+C ends it without.
 */
const cli = cac('soak');
cli
  .option('--runs <n>', 'How many runs', { default: 1_000 })
  .option('--seed <n>', 'The first seed; run i has seed + i', { default: 1 })
  .option('--workers <n>', 'Worker threads; what is found, and said, is the same for any number', {
    default: availableParallelism(),
  })
  .option('--small', 'Small clusters: one or two task managers, two vertices at most')
  .option('--no-checkers', 'Watch only that no message is unanswered, nothing throws and each job ends')
  .option('--keep-going', 'Go on after a finding')
  .option('--json', 'Print the summary as one JSON line');
cli.help();
const { options } = cli.parse();
if (!options.help) {
  const given = soakOptions(options);
  const workers = await bundleWorkers();
  const soak = new Soak(given, () => workers.start(given), console.error);
  process.once('SIGINT', () => {
    soak.interrupt();
    process.once('SIGINT', () => process.exit(130));
  });
  const { sums, elapsedSeconds, interrupted, died } = await soak.over();
  await workers.close();
  const summary = sums.summary(allActors, given.workers, elapsedSeconds);
  console.log(options.json === true ? JSON.stringify(summary) : summaryText(summary));
  process.exitCode = summary.findings.length > 0 || died > 0 ? 1 : interrupted ? 130 : 0;
}
