import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cac } from 'cac';
import { EngineError } from '../src/api/engine-error.js';
import { exitCode } from '../src/cli/exit-code.js';
import { failureText } from '../src/cli/failure-text.js';
import { Terminal } from '../src/cli/terminal.js';
import { runClusterDemo } from './demo/cluster-run.js';
import { runEmbeddedDemo } from './demo/embedded-run.js';
import { LiveLine } from './demo/live-line.js';
import type { DemoOutcome } from './demo/plan.js';
import { summaryText } from './demo/summary-text.js';

/**
 * Real flights through a stateful job on a cluster of processes, kill -9 of a task manager in the middle, and a comparison of what was
 * committed with a plain computation over the files. Exit code 1 when it is not exactly once, or when less was killed than asked for.
 */
const cli = cac('npm run demo --');
cli
  .option('--kills <n>', 'How many task managers are killed, one after the other', { default: '1, with --rescale 0' })
  .option('--rescale', 'Give the running job parallelism 4, and then 3')
  .option('--seed <n>', 'Draws the moments and the victims', { default: 1 })
  .option('--embedded', 'All in one process, without NATS')
  .option('--json', 'Make the last line a JSON summary');
cli.help();
const { options } = cli.parse();
if (!options.help) process.exitCode = await demo();

async function demo(): Promise<number> {
  const terminal = new Terminal();
  const folder = await mkdtemp(join(tmpdir(), 'weirflow-demo-'));
  // Whoever interrupts it leaves nothing behind: what was started and stored here goes when this process exits.
  process.once('SIGINT', () => process.exit(exitCode.interrupted));
  process.once('SIGTERM', () => process.exit(exitCode.terminated));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const run = options.embedded === true ? runEmbeddedDemo : runClusterDemo;
  const rescales = options.rescale === true ? [4, 3] : [];
  const kills = Number.isInteger(options.kills) ? Number(options.kills) : rescales.length > 0 ? 0 : 1;
  if (rescales.length > 0 && options.embedded === true) {
    terminal.say('--rescale is for the cluster of processes. Leave out --embedded.');
    return exitCode.usage;
  }
  try {
    return report(
      await run({ folder, kills, seed: Number(options.seed), rescales, live: new LiveLine(terminal) }),
      { kills, rescales },
      terminal,
    );
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    terminal.say(failureText(error.failure, terminal.colors));
    return exitCode.failed;
  }
}

function report(
  outcome: DemoOutcome,
  { kills, rescales }: { readonly kills: number; readonly rescales: readonly number[] },
  terminal: Terminal,
): number {
  const { summary, differences } = outcome;
  const { red } = terminal.colors;
  if (differences.length > 0) terminal.say(red(`Not exactly once:\n  ${differences.join('\n  ')}`));
  const missed = kills - summary.kills;
  if (missed > 0) terminal.say(red(`${missed} of ${kills} kills never came: the job had ended before.`));
  const unscaled = rescales.length - summary.rescales.filter(({ tookMs }) => tookMs !== null).length;
  if (unscaled > 0)
    terminal.say(red(`${unscaled} of ${rescales.length} rescales never came: the job had ended before.`));
  console.log(options.json === true ? JSON.stringify(summary) : summaryText(outcome, terminal.colors));
  return summary.exactlyOnce && missed === 0 && unscaled === 0 ? exitCode.done : exitCode.failed;
}
