import type { CAC } from 'cac';
import { isSubjectName } from '../transport/nats/subjects.js';
import { accessFlags } from './access-options.js';
import type { ApplicationOptions } from './application-command.js';
import { placement, processWaitSeconds, slotMemoryDefault, withPlacement, withStore } from './cluster-commands.js';
import { clusterTarget, storeChoice } from './cluster-options.js';
import { UsageError } from './exit-code.js';
import { operationsFlags, operationsOptions, withOperations } from './operations-options.js';
import { jobId, memorySize, onlyArgument, ownArgs, text, wholeNumber } from './options.js';
import { withReach } from './reach-options.js';
import { reactiveOption, withReactive } from './rescale-options.js';
import type { RunOptions } from './run-command.js';
import { checkedSavepointName, originOption, withOrigin } from './savepoint-options.js';
import { stateBackend, stateFolder, withStateBackend, withStateOnDisk } from './state-options.js';

export type RunRequest =
  | { readonly kind: 'run'; readonly options: RunOptions }
  | { readonly kind: 'application'; readonly options: ApplicationOptions };

const defaultCluster = 'default';

export function declareRun(cli: CAC): void {
  const run = cli
    .command('run <job>', 'Run the job of a .ts or .js file in this process')
    .usage('run <job> [options] [-- parameters]')
    .option('--slots <n>', 'Slots to run in, each a thread (default: as many as the job needs)')
    .option('--slot-memory <size>', `Managed memory of each slot ${slotMemoryDefault}, or what the job asks for`)
    .option('--inline', 'Run all slots in one thread, for a debugger')
    .option('--job-id <id>', "What the run is known by (default: the job's name)")
    .option('--stop-with-savepoint [name]', 'Let Ctrl+C and SIGTERM end the job with a savepoint, and not cancel it')
    .option('--cluster [name]', 'Run it on task managers instead: lead a cluster of that name that ends with the job')
    .example('  $ weir run examples/word-count.ts')
    .example('  $ weir run flights.ts --checkpoints state -- --input flights.csv')
    .example('  $ weir run flights.ts --checkpoints state --stop-with-savepoint -- --input flights.csv')
    .example('  $ weir run --cluster flights flights.ts --checkpoints /mnt/shared/weirflow -- --input flights.csv');
  const checkpoints = 'Keep checkpoints there, and go on from the newest when run again';
  const job = withReactive(withStateOnDisk(withStateBackend(withOrigin(run))));
  const led = withPlacement(withStore(job, checkpoints));
  withOperations(withReach(led, processWaitSeconds), { default: 0 });
}

/** The file of the job. `--cluster` or `--stop-with-savepoint` may stand right before it: it is no name then. */
export function runArgument(cli: CAC): string {
  const [cluster, savepoint] = [text(cli, 'cluster'), text(cli, 'stopWithSavepoint')];
  if (cli.args.length > 0) return onlyArgument(cli);
  if (cluster !== null && isFile(cluster)) return cluster;
  return savepoint !== null && isJobFile(savepoint) ? savepoint : onlyArgument(cli);
}

export function runRequest(cli: CAC, path: string, params: readonly string[]): RunRequest {
  const slots = cli.options.slots === undefined ? null : wholeNumber(cli, 'slots');
  const slotMemoryBytes = memorySize(cli, 'slotMemory');
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
        slotMemoryBytes,
        inline,
        ...ofJob,
        stateFolder: stateFolder(cli),
        origin: originOption(cli),
        stopSavepoint: stopSavepointOption(cli, path),
      },
    };
  }
  if (cli.options.stopWithSavepoint !== undefined) {
    throw new UsageError(
      '--stop-with-savepoint is for a run in this process.',
      'In a cluster that is a command of its own: weir stop <job> --savepoint.',
    );
  }
  if (slots !== null || slotMemoryBytes !== null || inline) {
    const option = inline ? '--inline' : slots !== null ? '--slots' : '--slot-memory';
    throw new UsageError(
      `${option} is for a run in this process, and --cluster runs the job on task managers.`,
      'Leave out one of them; weir taskmanager has --slots and --slot-memory.',
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
    origin: originOption(cli),
    reactive: reactiveOption(cli),
  };
  return { kind: 'application', options };
}

/** Null: an interrupt cancels the job. */
function stopSavepointOption(cli: CAC, path: string): RunOptions['stopSavepoint'] {
  if (cli.options.stopWithSavepoint === undefined) return null;
  if (text(cli, 'checkpoints') === null) {
    throw new UsageError('A savepoint is written into the folder of checkpoints.', 'Give one: --checkpoints <folder>.');
  }
  const name = cli.options.stopWithSavepoint === true ? null : text(cli, 'stopWithSavepoint');
  return { name: name === null || name === path ? null : checkedSavepointName(name) };
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

const isJobFile = (word: string): boolean => /\.[cm]?[jt]sx?$/.test(word);
const isFile = (word: string): boolean => !isSubjectName(word);
