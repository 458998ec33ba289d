import type { CAC } from 'cac';
import { isSubjectName } from '../transport/nats/subjects.js';
import { accessFlags } from './access-options.js';
import type { ApplicationOptions } from './application-command.js';
import { placement, processWaitSeconds, withPlacement, withStore } from './cluster-commands.js';
import { clusterTarget, storeChoice } from './cluster-options.js';
import { UsageError } from './exit-code.js';
import { operationsFlags, operationsOptions, withOperations } from './operations-options.js';
import { jobId, onlyArgument, ownArgs, text, wholeNumber } from './options.js';
import { withReach } from './reach-options.js';
import { reactiveOption, withReactive } from './rescale-options.js';
import type { RunOptions } from './run-command.js';
import { originOption, withOrigin } from './savepoint-options.js';
import { stateBackend, stateOnDisk, withStateBackend, withStateOnDisk } from './state-options.js';

export type RunRequest =
  | { readonly kind: 'run'; readonly options: RunOptions }
  | { readonly kind: 'application'; readonly options: ApplicationOptions };

const defaultCluster = 'default';

export function declareRun(cli: CAC): void {
  const run = cli
    .command('run <job>', 'Run the job of a .ts or .js file in this process')
    .usage('run <job> [options] [-- parameters]')
    .option('--slots <n>', 'Slots to run in, each a thread (default: as many as the job needs)')
    .option('--inline', 'Run all slots in one thread, for a debugger')
    .option('--job-id <id>', "What the run is known by (default: the job's name)")
    .option('--cluster [name]', 'Run it on task managers instead: lead a cluster of that name that ends with the job')
    .example('  $ weir run examples/word-count.ts')
    .example('  $ weir run flights.ts --checkpoints state -- --input flights.csv')
    .example('  $ weir run --cluster flights flights.ts --checkpoints /mnt/shared/weirflow -- --input flights.csv');
  const checkpoints = 'Keep checkpoints there, and go on from the newest when run again';
  const job = withReactive(withStateOnDisk(withStateBackend(withOrigin(run))));
  const led = withPlacement(withStore(job, checkpoints));
  withOperations(withReach(led, processWaitSeconds), { default: 0 });
}

/** The file of the job. `--cluster` may stand right before it: no name of a cluster looks like a file. */
export function runArgument(cli: CAC): string {
  const cluster = text(cli, 'cluster');
  return cli.args.length === 0 && cluster !== null && isFile(cluster) ? cluster : onlyArgument(cli);
}

export function runRequest(cli: CAC, path: string, params: readonly string[]): RunRequest {
  const slots = cli.options.slots === undefined ? null : wholeNumber(cli, 'slots');
  const inline = cli.options.inline === true;
  const ofJob = { jobId: jobId(cli), stateBackend: stateBackend(cli) };
  if (cli.options.cluster === undefined) {
    refuseClusterOptions(cli);
    return {
      kind: 'run',
      options: {
        path,
        params,
        checkpoints: text(cli, 'checkpoints'),
        slots,
        inline,
        ...ofJob,
        stateOnDisk: stateOnDisk(cli),
        origin: originOption(cli, true),
      },
    };
  }
  if (slots !== null || inline) {
    const option = inline ? '--inline' : '--slots';
    throw new UsageError(
      `${option} is for a run in this process, and --cluster runs the job on task managers.`,
      'Leave out one of them; weir taskmanager has --slots.',
    );
  }
  const named = typeof cli.options.cluster !== 'boolean' && text(cli, 'cluster') !== path;
  if (!named) cli.options.cluster = defaultCluster;
  const target = clusterTarget(cli, process.env);
  const options = {
    target,
    store: storeChoice(cli),
    placement: placement(cli),
    operations: operationsOptions(cli),
    path,
    params,
    ...ofJob,
    origin: originOption(cli, false),
    reactive: reactiveOption(cli),
  };
  return { kind: 'application', options };
}

/** They would do nothing, and whoever gives them expects that they do. */
function refuseClusterOptions(cli: CAC): void {
  const known = [
    ...accessFlags,
    '--store',
    '--placement',
    '--wait',
    '--reactive',
    '--max-parallel',
    '--settle',
    ...operationsFlags,
  ];
  const option = ownArgs(cli)
    .map((arg) => arg.replace(/=.*/s, ''))
    .find((arg) => known.includes(arg));
  if (option === undefined) return;
  throw new UsageError(`${option} is for a cluster, and weir run needs none.`, 'Give --cluster too, or leave it out.');
}

const isFile = (word: string): boolean => !isSubjectName(word);
