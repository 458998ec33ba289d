import { type BuiltJob, buildJob } from '../api/job-definition.js';
import { engineModules } from '../engine-modules.js';
import { type Bundle, bundleJob } from '../runtime/code/bundle.js';
import { loadJob } from '../runtime/code/load.js';

/** A job's file, bundled, loaded in this process, and built with its parameters. Rejects with an EngineError. */
export async function loadJobFile(
  path: string,
  params: readonly string[],
): Promise<BuiltJob & { readonly bundle: Bundle }> {
  const bundle = await bundleJob(path, 'module', engineModules);
  const definition = await loadJob(bundle, engineModules);
  return { ...buildJob(definition, params), bundle };
}
