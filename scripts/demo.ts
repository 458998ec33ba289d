import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cac } from 'cac';
import pc from 'picocolors';
import { runClusterDemo } from './demo/cluster-run.js';
import { runDemo } from './demo/run.js';

/**
 * Real flights through a stateful job in one process or on a cluster of them, a crash in the middle, and a comparison of what was
 * committed with a plain computation over the files. Exit code 1 when it is not exactly once.
 */
const cli = cac('demo');
cli
  .option('--kills <n>', 'How many crashes', { default: 1 })
  .option('--seed <n>', 'Draws the moments of the crashes', { default: 1 })
  .option('--cluster', 'On processes that NATS connects, killed with kill -9')
  .option('--json', 'Make the last line a JSON summary');
cli.help();
const { options } = cli.parse();
if (!options.help) {
  const folder = await mkdtemp(join(tmpdir(), 'weirflow-demo-'));
  // Whoever interrupts it leaves nothing behind: what was started and stored here goes when this process exits.
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const run = options.cluster === true ? runClusterDemo : runDemo;
  const outcome = await run({
    folder,
    kills: Number(options.kills),
    seed: Number(options.seed),
    print: (line) => console.error(line),
  });
  if (outcome.differences.length > 0) console.error(pc.red(`Not exactly once:\n  ${outcome.differences.join('\n  ')}`));
  if (options.json === true) console.log(JSON.stringify(outcome.summary));
  else {
    const { records, kills, restarts, detectionMs, recoveryMs, checkpoints, exactlyOnce } = outcome.summary;
    console.log(
      `${records} flights, ${kills} crashes, ${restarts} restarts, noticed in ${detectionMs ?? '–'} ms, recovered in ${recoveryMs ?? '–'} ms, ${checkpoints} checkpoints: ` +
        (exactlyOnce ? pc.green('exactly once') : pc.red('NOT exactly once')),
    );
  }
  process.exitCode = outcome.summary.exactlyOnce ? 0 : 1;
}
