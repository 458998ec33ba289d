import type { CAC } from 'cac';
import type { DiffOptions } from './diff-command.js';
import { UsageError } from './exit-code.js';
import { savepointPlace, withSavepointPlace } from './inspect-state-options.js';
import { onlyArgument, text } from './options.js';
import { withReach } from './reach-options.js';

export interface DiffRequest {
  readonly kind: 'diff';
  readonly options: DiffOptions;
}

const waitSeconds = 10;

export function declareDiff(cli: CAC): void {
  const diff = cli
    .command('diff <job>', 'Say what becomes of the state of a savepoint when the job of a file begins with it')
    .usage('diff <file> --from <path or name> [options] [-- parameters]')
    .option('--from <savepoint>', 'The savepoint, by its path or name, or checkpoint:<job>')
    .option('--allow-dropped-state', 'State that is left behind is no reason to fail')
    .option('--json', 'As one object of JSON')
    .example('  $ weir diff flights.ts --from copy/savepoints/flights-1')
    .example('  $ weir diff flights.ts --from flights-1 --cluster default')
    .example('  $ weir diff flights.ts --from checkpoint:flights --cluster default');
  withReach(withSavepointPlace(diff), waitSeconds);
}

export function diffRequest(cli: CAC): DiffRequest {
  const path = onlyArgument(cli);
  const from = text(cli, 'from');
  if (from === null)
    throw new UsageError(
      'weir diff needs a savepoint.',
      `Give --from: weir diff ${path} --from copy/savepoints/<name>.`,
    );
  return {
    kind: 'diff',
    options: {
      path,
      params: (cli.options['--'] ?? []) as readonly string[],
      place: savepointPlace(cli, from),
      allowDroppedState: cli.options.allowDroppedState === true,
      json: cli.options.json === true,
    },
  };
}
