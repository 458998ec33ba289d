import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSource, type Source } from './source.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const folders = ['actors', 'src', 'specs', 'property-tests', 'scripts', 'examples'] as const;

/** Every TypeScript file of the repository, parsed. */
export function readTree(): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(repository.length).replaceAll('\\', '/'))
      .filter((path) => !path.includes('node_modules/'))
      .sort()
      .map((path) => parseSource(path, readFileSync(join(repository, path), 'utf8'))),
  );
}
