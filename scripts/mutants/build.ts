import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BuildOptions, Plugin } from 'esbuild';
import { build } from 'esbuild';
import type { Mutant } from './mutant.js';
import type * as Simulation from './simulation.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One module that holds all it imports. */
export const moduleForNode = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['esbuild'],
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  logLevel: 'error',
} satisfies BuildOptions;

/** The simulator with one defect planted (or none), bundled anew. Throws when the text to replace does not stand exactly once. */
export async function buildSimulation(mutant: Mutant | null): Promise<typeof Simulation> {
  const planted = { count: 0 };
  const { outputFiles } = await build({
    ...moduleForNode,
    entryPoints: [join(root, 'scripts/mutants/simulation.ts')],
    write: false,
    plugins: mutant === null ? [] : [planting(mutant, planted)],
  });
  if (mutant !== null && planted.count === 0)
    throw new Error(`Mutant ${mutant.name}: ${mutant.file} is not part of the simulation.`);
  const folder = await mkdtemp(join(tmpdir(), 'weirflow-mutant-'));
  try {
    const path = join(folder, 'simulation.mjs');
    await writeFile(path, outputFiles?.[0]?.text ?? '');
    return (await import(pathToFileURL(path).href)) as typeof Simulation;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function planting(mutant: Mutant, planted: { count: number }): Plugin {
  return {
    name: 'plant',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (relative(root, path) !== mutant.file) return null;
        const text = await readFile(path, 'utf8');
        const places = text.split(mutant.find).length - 1;
        if (places !== 1) {
          throw new Error(
            `Mutant ${mutant.name}: its text stands ${places} times in ${mutant.file}, not once. Adapt scripts/mutants/list.ts to the code.`,
          );
        }
        planted.count += 1;
        return { contents: text.replace(mutant.find, () => mutant.replace), loader: 'ts' };
      });
    },
  };
}
