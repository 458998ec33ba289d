import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cac } from 'cac';
import pc from 'picocolors';
import { runDemo } from './demo/run.js';

/**
 * Real flights through a stateful job in one process, a crash in the middle, and a comparison of what was committed with a plain
 * computation over the files. Exit code 1 when it is not exactly once.
 */
const cli = cac('demo');
cli
  .option('--kills <n>', 'How many crashes', { default: 1 })
  .option('--seed <n>', 'Draws the moments of the crashes', { default: 1 })
  .option('--json', 'Make the last line a JSON summary');
cli.help();
const { options } = cli.parse();
if (!options.help) {
  const folder = await mkdtemp(join(tmpdir(), 'weirflow-demo-'));
  try {
    const outcome = await runDemo({
      folder,
      kills: Number(options.kills),
      seed: Number(options.seed),
      print: (line) => console.error(line),
    });
    if (outcome.differences.length > 0)
      console.error(pc.red(`Not exactly once:\n  ${outcome.differences.join('\n  ')}`));
    if (options.json === true) console.log(JSON.stringify(outcome.summary));
    else {
      const { records, kills, restarts, recoveryMs, checkpoints, exactlyOnce } = outcome.summary;
      console.log(
        `${records} flights, ${kills} crashes, ${restarts} restarts, recovered in ${recoveryMs ?? '–'} ms, ${checkpoints} checkpoints: ` +
          (exactlyOnce ? pc.green('exactly once') : pc.red('NOT exactly once')),
      );
    }
    process.exitCode = outcome.summary.exactlyOnce ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
