import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cac } from 'cac';
import type { Hunt } from './mutants/hunt.js';
import { mutants } from './mutants/list.js';

/** Plants one defect after another into the engine and says which invariant catches it. Exit code 1 when one survives. */
const cli = cac('mutants');
cli
  .option('--runs <n>', 'Runs at most for each mutant', { default: 500 })
  .option('--seed <n>', 'The first seed', { default: 1 })
  .option('--only <name>', 'Just this mutant')
  .option('--json', 'Print the hunts as one JSON line');
cli.help();
const { options } = cli.parse();
if (!options.help) {
  const names = mutants.map(({ name }) => name).filter((name) => options.only === undefined || name === options.only);
  const hunts = await huntAll(names, Number(options.seed), Number(options.runs), (hunt) => console.error(lineOf(hunt)));
  const survivors = hunts.filter(({ killedBy }) => killedBy === null);
  const sizes = hunts
    .flatMap(({ killedBy, deviations }) => (killedBy === null ? [] : [deviations]))
    .sort((a, b) => a - b);
  if (options.json === true) console.log(JSON.stringify(hunts));
  console.log(
    `${hunts.length - survivors.length} of ${hunts.length} mutants killed, median counterexample ${sizes[sizes.length >> 1] ?? 0} deviations` +
      (survivors.length === 0 ? '' : `; survived: ${survivors.map(({ mutant }) => mutant).join(', ')}`),
  );
  process.exitCode = survivors.length === 0 ? 0 : 1;
}

function lineOf({ mutant, killedBy, runs, deviations, message, replay }: Hunt): string {
  if (killedBy === null) return `${mutant}: SURVIVED ${runs} runs`;
  return `${mutant}: ${killedBy} after ${runs} runs, ${deviations} deviations: ${message.split('\n')[0]}\n  ${replay}`;
}

/** As many at a time as there are cores, each in a process of its own. */
async function huntAll(
  names: readonly string[],
  seed: number,
  runs: number,
  told: (hunt: Hunt) => void,
): Promise<readonly Hunt[]> {
  const queue = [...names];
  const hunts: Hunt[] = [];
  const worker = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const hunt = await huntInChild(name, seed, runs);
      hunts.push(hunt);
      told(hunt);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), names.length) }, worker));
  return hunts.sort((a, b) => names.indexOf(a.mutant) - names.indexOf(b.mutant));
}

function huntInChild(name: string, seed: number, runs: number): Promise<Hunt> {
  return new Promise((resolve, reject) => {
    const path = fileURLToPath(new URL('./mutants/child.ts', import.meta.url));
    const child = fork(path, [name, String(seed), String(runs)], { execArgv: process.execArgv });
    let hunt: Hunt | null = null;
    child.on('message', (message) => {
      hunt = message as Hunt;
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (hunt === null) reject(new Error(`The hunt for ${name} ended with exit code ${code} and without a result.`));
      else resolve(hunt);
    });
  });
}
