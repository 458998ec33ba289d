import type { CAC, Command as Declared } from 'cac';
import type { ReactiveOptions, RescaleWish } from '../../actors/protocol/scaling.js';
import { defaultReactiveOptions } from '../../actors/protocol/scaling.js';
import { UsageError } from './exit-code.js';
import { checkedJobId, text, wholeNumber } from './options.js';

/** What `weir rescale` is to do. */
export interface RescaleAction {
  readonly job: string;
  readonly wish: Omit<RescaleWish, 'request'>;
  readonly timeoutMs: number;
}

const timeoutSeconds = 120;

export const declareRescale = (cli: CAC): Declared =>
  cli
    .command('rescale <job> [...vertices]', 'Run a job of a cluster at another parallelism, from where it is')
    .usage('rescale <job> <operator> <n> | <operator>=<n> … [options]')
    .option('--all <n>', 'Everything that can be parallel')
    .option('--wait-for-slots', 'Also when there are too few slots: the job stops until there are enough')
    .option('--timeout <seconds>', 'How long to wait until it runs again', { default: timeoutSeconds })
    .example('  $ weir rescale flights counts 4')
    .example('  $ weir rescale flights counts=4 lines=2')
    .example('  $ weir rescale flights --all 3');

export function rescaleAction(cli: CAC): RescaleAction {
  const [job, ...pairs] = cli.args;
  const all = cli.options.all === undefined ? null : wholeNumber(cli, 'all');
  if (job === undefined || (pairs.length === 0 && all === null)) {
    throw new UsageError(
      'weir rescale takes the id of one job, and what is to change.',
      'For example weir rescale flights counts 4, or --all 4; weir info <job> prints the operators.',
    );
  }
  return {
    job: checkedJobId(job),
    wish: { targets: targetsOf(pairs), all, wait: cli.options.waitForSlots === true },
    timeoutMs: wholeNumber(cli, 'timeout') * 1_000,
  };
}

/** `counts=4 lines=2`, or of one operator `counts 4`. */
function targetsOf(words: readonly string[]): RescaleWish['targets'] {
  const [vertex, count, ...more] = words;
  const isPlain = vertex !== undefined && count !== undefined && more.length === 0 && /^\d+$/.test(count);
  return isPlain && !vertex.includes('=') ? [targetOf(`${vertex}=${count}`)] : words.map(targetOf);
}

function targetOf(pair: string): RescaleWish['targets'][number] {
  const at = pair.lastIndexOf('=');
  const parallelism = Number(pair.slice(at + 1));
  if (at > 0 && Number.isSafeInteger(parallelism) && parallelism > 0) return { vertex: pair.slice(0, at), parallelism };
  throw new UsageError(
    `'${pair}' says of no operator what it is to have.`,
    'Write its uid or name, and a number from 1 on: counts=4.',
  );
}

export const withReactive = (command: Declared): Declared =>
  command
    .option('--reactive', 'Let the parallelism follow the slots that there are')
    .option('--max-parallel <n>', 'With --reactive: give no operator more than that')
    .option('--settle <seconds>', 'With --reactive: how long more slots must have been there (default: 10)');

/** null: the job has the parallelism that it was written with. */
export function reactiveOption(cli: CAC): ReactiveOptions | null {
  const parallelismMax = text(cli, 'maxParallel') === null ? null : wholeNumber(cli, 'maxParallel');
  const settleMs = text(cli, 'settle') === null ? null : wholeNumber(cli, 'settle') * 1_000;
  if (cli.options.reactive === true) {
    const times = settleMs === null ? {} : { stabilizationMs: settleMs, cooldownMs: settleMs };
    return { ...defaultReactiveOptions, ...times, parallelismMax };
  }
  if (parallelismMax === null && settleMs === null) return null;
  const option = parallelismMax === null ? '--settle' : '--max-parallel';
  throw new UsageError(`${option} is for a reactive job.`, 'Give --reactive too, or leave it out.');
}
