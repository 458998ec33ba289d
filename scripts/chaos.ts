import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cac } from 'cac';
import pc from 'picocolors';
import { runChaos } from './chaos/run.js';
import { summaryText } from './chaos/summary.js';

/**
 * Two jobs on a cluster of processes, which are killed, stopped and cut off, as is their nats-server; then a comparison of what was
 * committed with plain code. Exit code 1 when it is not exactly once, when a process ends by itself, or when the jobs do not end
 * after the last fault: the logs of all processes are kept then.
 */
const cli = cac('chaos');
cli
  .option('--minutes <n>', 'About how long; the last third is without faults', { default: 1 })
  .option('--seed <n>', 'Draws the faults', { default: 1 })
  .option('--gap <seconds>', 'From the beginning of one fault to that of the next, on average', { default: 7 })
  .option('--store <kind>', 'Where checkpoints are kept: folder or nats', { default: 'folder' })
  .option('--keep', 'Keep the logs of all processes, and what they stored, also when all is well')
  .option('--json', 'Make the last line a JSON summary');
cli.help();
const { options } = cli.parse();
if (!options.help) {
  const minutes = Number(options.minutes);
  if (!(minutes >= 0.5)) throw new RangeError(`--minutes is '${options.minutes}'. Give at least 0.5.`);
  const folder = await mkdtemp(join(tmpdir(), 'weirflow-chaos-'));
  let kept = options.keep === true;
  const keep = (): void => {
    kept = true;
    console.error(`The logs of all processes, and what they stored, are kept in ${folder}.`);
  };
  const fail = (text: string): void => {
    console.error(pc.red(text));
    keep();
  };
  if (kept) keep();
  // Whoever interrupts it leaves nothing behind: what was started here goes when this process exits.
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
  process.on('exit', () => {
    if (!kept) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  process.exitCode = 1;
  try {
    const { summary, wrong } = await runChaos({
      folder,
      minutes,
      seed: Number(options.seed),
      gapMs: Number(options.gap) * 1_000,
      store: options.store === 'nats' ? 'nats' : 'folder',
      print: (line) => console.error(line),
    });
    if (wrong.length > 0) fail(`Not as it must be:\n  ${wrong.join('\n  ')}`);
    const verdict = summary.exactlyOnce ? pc.green('exactly once') : pc.red('NOT exactly once');
    console.log(options.json === true ? JSON.stringify(summary) : `${summaryText(summary)}: ${verdict}`);
    process.exitCode = wrong.length === 0 ? 0 : 1;
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}
