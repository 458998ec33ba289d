import type { CAC, Command as Declared } from 'cac';
import type { SlotPlacement } from '../../actors/protocol/deployment.js';
import { bytesText, defaultSlotMemoryBytes } from '../../actors/protocol/memory-size.js';
import type { CancelOptions } from './cancel-command.js';
import type { CheckpointsOptions } from './checkpoints-command.js';
import { checkpointsOptions, declareCheckpoints } from './checkpoints-options.js';
import { type ClusterTarget, clusterTarget, name, storeChoice } from './cluster-options.js';
import { UsageError } from './exit-code.js';
import { type InspectCommandOptions, inspectOptions, withInspectOptions } from './inspect-options.js';
import type { JobManagerOptions } from './jobmanager-command.js';
import type { ListOptions } from './list-command.js';
import type { LogsOptions } from './logs-command.js';
import { declareLogs, logsOptions } from './logs-options.js';
import { operationsOptions, withOperations } from './operations-options.js';
import { checkedJobId, jobId, memorySize, oneOf, onlyArgument, wholeNumber } from './options.js';
import { withReach } from './reach-options.js';
import type { RescaleOptions } from './rescale-command.js';
import { declareRescale, reactiveOption, rescaleAction, withReactive } from './rescale-options.js';
import type { SavepointOptions } from './savepoint-command.js';
import { originOption, savepointAction, stopSavepoint, withOrigin, withSavepoint } from './savepoint-options.js';
import type { SavepointsOptions } from './savepoints-command.js';
import { stateBackend, stateFolder, withStateBackend, withStateOnDisk } from './state-options.js';
import type { StatusOptions } from './status-command.js';
import type { StopOptions } from './stop-command.js';
import type { SubmitOptions } from './submit-command.js';
import type { TaskManagerOptions } from './taskmanager-command.js';

/** A command for or to a cluster of processes that NATS connects. */
export type ClusterCommand =
  | { readonly kind: 'jobmanager'; readonly options: JobManagerOptions }
  | { readonly kind: 'taskmanager'; readonly options: TaskManagerOptions }
  | { readonly kind: 'submit'; readonly options: SubmitOptions }
  | { readonly kind: 'list'; readonly options: ListOptions }
  | { readonly kind: 'status'; readonly options: StatusOptions }
  | { readonly kind: 'cancel'; readonly options: CancelOptions }
  | { readonly kind: 'logs'; readonly options: LogsOptions }
  | { readonly kind: 'stop'; readonly options: StopOptions }
  | { readonly kind: 'rescale'; readonly options: RescaleOptions }
  | { readonly kind: 'savepoint'; readonly options: SavepointOptions }
  | { readonly kind: 'checkpoints'; readonly options: CheckpointsOptions }
  | { readonly kind: 'savepoints'; readonly options: SavepointsOptions }
  | { readonly kind: 'inspect'; readonly options: InspectCommandOptions };

export type ListFormat = 'text' | 'json';

/** For help. */
export const slotMemoryDefault = `for caches of state, channels and snapshots (default: ${bytesText(defaultSlotMemoryBytes)})`;
const placements: readonly SlotPlacement[] = ['spread', 'pack'];
const listFormats: readonly ListFormat[] = ['text', 'json'];
export const processWaitSeconds = 30;
const clientWaitSeconds = 10;
const jobManagerPort = 8_081;

export function declareClusterCommands(cli: CAC): void {
  const jobManager = cli
    .command('jobmanager', 'Start the job manager of a cluster')
    .example('  $ weir jobmanager --checkpoints /mnt/shared/weirflow');
  const leader = withPlacement(withStore(withTarget(jobManager, processWaitSeconds)));
  withOperations(leader, { default: jobManagerPort });
  const taskManager = cli
    .command('taskmanager', 'Start a task manager, which runs what the job manager gives it')
    .option('--slots <n>', 'How many slots it offers (default: as many as there are processors)')
    .option('--slot-memory <size>', `Managed memory of each slot ${slotMemoryDefault}`)
    .option('--name <name>', 'What it is called, each in the cluster otherwise (default: tm- and some letters)')
    .example('  $ weir taskmanager --slots 4 --name tm-1 --checkpoints /mnt/shared/weirflow');
  withOperations(withStateOnDisk(withStore(withTarget(taskManager, processWaitSeconds))), { default: 0 });
  const submit = cli
    .command('submit <job>', 'Give the job of a .ts or .js file to a cluster, and print its id')
    .usage('submit <job> [options] [-- parameters]')
    .option('--job-id <id>', "What the job is known by (default: its name); the same again is the same job's")
    .example('  $ weir submit flights.ts --job-id flights-2026 -- --input flights.csv');
  withTarget(withReactive(withStateBackend(withOrigin(submit))), clientWaitSeconds);
  withTarget(withFormat(cli.command('list', 'Print the jobs of a cluster')), clientWaitSeconds);
  const status = cli.command('status', 'Print the task managers and slots of a cluster, and who waits for more');
  withTarget(withFormat(status), clientWaitSeconds);
  const stop = cli.command(
    'stop <job>',
    'Let a job of a cluster read nothing more, and end with all it has read committed',
  );
  stop
    .option('--savepoint', 'End it with a savepoint instead: it stops where it is, and can go on from there')
    .option('--drain', 'With --savepoint: let the input end first, and all windows fire')
    .example('  $ weir stop flights --savepoint --to flights-1');
  withTarget(withSavepoint(stop), clientWaitSeconds);
  withTarget(declareRescale(cli), clientWaitSeconds);
  const savepoint = cli
    .command(
      'savepoint [...words]',
      'Take a savepoint of a running job, and print its name; or delete, copy or import one',
    )
    .usage(
      'savepoint <job> [options]\n  $ weir savepoint delete <name>\n  $ weir savepoint copy <name> <folder>\n  $ weir savepoint import <folder>/savepoints/<name>',
    )
    .example('  $ weir savepoint flights --to before-the-update')
    .example('  $ weir submit flights.ts --job-id flights-2 --from before-the-update');
  withTarget(withSavepoint(savepoint), clientWaitSeconds);
  withTarget(withFormat(cli.command('savepoints', 'Print the savepoints of a cluster')), clientWaitSeconds);
  withFormat(declareCheckpoints(cli));
  withTarget(cli.command('cancel <job>', 'End a job of a cluster at once'), clientWaitSeconds);
  withTarget(withFormat(declareLogs(cli)), clientWaitSeconds);
  const inspect = cli.command('inspect [...filter]', 'Print the actors of a cluster, and then each step they take');
  withTarget(withFormat(withInspectOptions(inspect)), clientWaitSeconds);
}

/** What the command line asks of a cluster; null for a command of another kind. */
export function clusterCommand(cli: CAC): ClusterCommand | null {
  switch (cli.matchedCommandName) {
    case 'jobmanager':
      noArgument(cli);
      return {
        kind: 'jobmanager',
        options: {
          target: target(cli),
          store: storeChoice(cli),
          placement: placement(cli),
          operations: operationsOptions(cli),
        },
      };
    case 'taskmanager': {
      noArgument(cli);
      const slots = cli.options.slots === undefined ? null : wholeNumber(cli, 'slots');
      const offer = { slots, slotMemoryBytes: memorySize(cli, 'slotMemory'), name: name(cli, 'name') };
      const options = { target: target(cli), store: storeChoice(cli), stateFolder: stateFolder(cli), ...offer };
      return { kind: 'taskmanager', options: { ...options, operations: operationsOptions(cli) } };
    }
    case 'submit': {
      const path = onlyArgument(cli);
      const params = (cli.options['--'] ?? []) as readonly string[];
      const job = {
        path,
        params,
        jobId: jobId(cli),
        stateBackend: stateBackend(cli),
        origin: originOption(cli),
        reactive: reactiveOption(cli),
      };
      return { kind: 'submit', options: { target: target(cli), ...job } };
    }
    case 'list':
    case 'savepoints':
    case 'status':
      noArgument(cli);
      return { kind: cli.matchedCommandName, options: { target: target(cli), format: format(cli) } };
    case 'rescale':
      return { kind: 'rescale', options: { target: target(cli), action: rescaleAction(cli) } };
    case 'savepoint':
      return { kind: 'savepoint', options: { target: target(cli), action: savepointAction(cli) } };
    case 'checkpoints':
      return { kind: 'checkpoints', options: { ...checkpointsOptions(cli), format: format(cli) } };
    case 'stop':
      return { kind: 'stop', options: { target: target(cli), job: jobArgument(cli), savepoint: stopSavepoint(cli) } };
    case 'cancel':
      return { kind: 'cancel', options: { target: target(cli), job: jobArgument(cli) } };
    case 'logs':
      return { kind: 'logs', options: { target: target(cli), format: format(cli), ...logsOptions(cli) } };
    case 'inspect':
      return { kind: 'inspect', options: { target: target(cli), format: format(cli), ...inspectOptions(cli) } };
    default:
      return null;
  }
}

const target = (cli: CAC): ClusterTarget => clusterTarget(cli, process.env);
export const placement = (cli: CAC): SlotPlacement => oneOf<SlotPlacement>(cli, 'placement', placements);
const format = (cli: CAC): ListFormat => oneOf<ListFormat>(cli, 'output', listFormats);

function withTarget(command: Declared, waitSeconds: number): Declared {
  const about = 'Which of the clusters that share the NATS servers';
  return withReach(command.option('--cluster <name>', about, { default: 'default' }), waitSeconds);
}

const sharedFolder = 'Keep jobs and checkpoints in this folder, which all machines of the cluster share';

export function withStore(command: Declared, about = sharedFolder): Declared {
  return command
    .option('--checkpoints <folder>', about)
    .option('--store <kind>', 'nats: keep them in NATS, for development (the default without --checkpoints)');
}

export const withPlacement = (command: Declared): Declared =>
  command.option('--placement <how>', 'spread jobs over the task managers, or pack those one by one', {
    default: 'spread',
  });

const withFormat = (command: Declared): Declared =>
  command.option('-o, --output <format>', `How: ${listFormats.join(', ')}`, { default: 'text' });

function noArgument(cli: CAC): void {
  const [more] = cli.args;
  if (more === undefined) return;
  const command = `weir ${cli.matchedCommandName}`;
  throw new UsageError(`${command} takes no '${more}'.`, `See ${command} --help.`);
}

function jobArgument(cli: CAC): string {
  const [job, ...more] = cli.args;
  if (job === undefined || more.length > 0) {
    const command = `weir ${cli.matchedCommandName}`;
    throw new UsageError(`${command} takes the id of one job.`, `weir list prints the ids: ${command} <job>.`);
  }
  return checkedJobId(job);
}
