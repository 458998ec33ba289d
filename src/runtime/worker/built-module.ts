import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { failure } from '../../../actors/protocol/failure.js';
import { EngineError } from '../../api/engine-error.js';

/** True under a loader or a test runner that runs TypeScript; threads do not. */
export const runsFromSources = import.meta.url.endsWith('.ts');

/**
 * The built file of a module of this package, which is the module itself unless it runs from its sources: threads start from built files
 * only. Throws an EngineError, BUILD_MISSING, when it has not been built.
 */
export function builtModule(url: string): URL {
  if (!runsFromSources) return new URL(url);
  const root = new URL('../../../', import.meta.url).href;
  if (url.startsWith(`${root}dist/`)) return new URL(url);
  const built = new URL(url.slice(root.length).replace(/\.ts$/, '.js'), `${root}dist/`);
  if (existsSync(built)) return built;
  const message =
    `Slots run in threads of the built package, and ${fileURLToPath(built)} is missing. ` +
    'Run npm run build, or keep everything in one thread.';
  throw new EngineError(failure('BUILD_MISSING', 'infrastructure', message, 'never'));
}
