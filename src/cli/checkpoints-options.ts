import type { CAC, Command as Declared } from 'cac';
import type { CheckpointsOptions } from './checkpoints-command.js';
import { name } from './cluster-options.js';
import { UsageError } from './exit-code.js';
import { checkedJobId, text } from './options.js';

export const declareCheckpoints = (cli: CAC): Declared =>
  cli
    .command('checkpoints <job>', 'Print the checkpoints that a job keeps in a folder; nothing has to run')
    .option('--checkpoints <folder>', 'The folder that the job is run with')
    .option('--cluster <name>', 'The cluster that the job is of (default: none, it is one of weir run)')
    .option('--verify', 'Read all files, and name those that are missing, cut off or changed')
    .option('--orphans', 'Name the files that no checkpoint wants')
    .example('  $ weir checkpoints flights --checkpoints state --verify --orphans')
    .example('  $ weir checkpoints flights --checkpoints /mnt/shared/weirflow --cluster default');

export function checkpointsOptions(cli: CAC): Omit<CheckpointsOptions, 'format'> {
  const [job, ...more] = cli.args;
  const folder = text(cli, 'checkpoints');
  if (job === undefined || more.length > 0)
    throw new UsageError('weir checkpoints takes the id of one job.', 'For example weir checkpoints flights.');
  if (folder === null)
    throw new UsageError(
      'weir checkpoints needs the folder.',
      'Give the one that the job is run with: --checkpoints <folder>.',
    );
  return {
    folder,
    cluster: name(cli, 'cluster'),
    job: checkedJobId(job),
    verify: cli.options.verify === true,
    orphans: cli.options.orphans === true,
  };
}
