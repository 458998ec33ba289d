import { join } from 'node:path';
import type { CAC, Command as Declared } from 'cac';
import type { CheckpointsOptions } from './checkpoints-command.js';
import { clusterTarget, name } from './cluster-options.js';
import { UsageError } from './exit-code.js';
import { checkedJobId, text } from './options.js';
import { withReach } from './reach-options.js';

export const declareCheckpoints = (cli: CAC): Declared =>
  withReach(
    cli
      .command('checkpoints <job>', 'Print the checkpoints that a job keeps; no job manager has to run')
      .option('--checkpoints <folder>', 'The folder that the job is run with')
      .option('--cluster <name>', 'The cluster that the job is of (default: none, it is one of weir run)')
      .option('--verify', 'Read all files, and name those that are missing, cut off or changed')
      .option('--orphans', 'Name the files that no checkpoint wants')
      .example('  $ weir checkpoints flights --checkpoints state --verify --orphans')
      .example('  $ weir checkpoints flights --checkpoints /mnt/shared/weirflow --cluster default')
      .example('  $ weir checkpoints flights --cluster default'),
    waitSeconds,
  );

const waitSeconds = 10;

export function checkpointsOptions(cli: CAC): Omit<CheckpointsOptions, 'format'> {
  const [job, ...more] = cli.args;
  if (job === undefined || more.length > 0)
    throw new UsageError('weir checkpoints takes the id of one job.', 'For example weir checkpoints flights.');
  return {
    place: placeOf(cli),
    job: checkedJobId(job),
    verify: cli.options.verify === true,
    orphans: cli.options.orphans === true,
  };
}

function placeOf(cli: CAC): CheckpointsOptions['place'] {
  const folder = text(cli, 'checkpoints');
  const cluster = name(cli, 'cluster');
  if (folder !== null) return { kind: 'folder', folder: cluster === null ? folder : join(folder, cluster) };
  if (cluster !== null) return { kind: 'cluster', target: clusterTarget(cli, process.env) };
  throw new UsageError(
    'It is not said where the job keeps its checkpoints.',
    'Give the folder that it is run with, --checkpoints <folder>, or the cluster that it is of, --cluster <name>.',
  );
}
