import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { failure } from '../../../actors/protocol/failure.js';
import { shortPath } from '../../api/call-site.js';
import { EngineError, mistake, thrownStack, thrownText } from '../../api/engine-error.js';
import type { JobDefinition } from '../../api/job-definition.js';
import { isJobDefinition } from '../../api/job-definition.js';
import type { Bundle } from './bundle.js';
import { type EngineModules, installEngine } from './engine-modules.js';

/**
 * Evaluates a bundle of format `module` and takes the job it exports. Each call evaluates it anew, in module instances of its own.
 * Rejects with an EngineError: JOB_DEFAULT_EXPORT_MISSING, or JOB_BUILD_FAILED with the stack in the job's sources.
 */
export async function loadJob(bundle: Bundle, engine: EngineModules): Promise<JobDefinition> {
  installEngine(engine);
  process.setSourceMapsEnabled(true);
  const path = shortPath(bundle.sourcePath);
  let exported: { readonly default?: unknown };
  try {
    exported = await evaluate(bundle);
  } catch (thrown) {
    if (thrown instanceof EngineError) throw thrown;
    const described = failure(
      'JOB_BUILD_FAILED',
      'user',
      `${path} failed while it was being loaded: ${thrownText(thrown)}`,
      'never',
    );
    throw new EngineError({ ...described, stack: thrownStack(thrown) }, thrown);
  }
  if (isJobDefinition(exported.default)) return exported.default;
  const what = exported.default === undefined ? 'has no default export' : 'has a default export that is no job';
  throw mistake(
    'JOB_DEFAULT_EXPORT_MISSING',
    `${path} ${what}. Write: export default defineJob('my-job', (env) => { … });`,
  );
}

/** An ES module can only be imported from a file; once it is imported the file is not needed any more. */
async function evaluate(bundle: Bundle): Promise<{ readonly default?: unknown }> {
  const folder = await mkdtemp(join(tmpdir(), 'weirflow-'));
  try {
    const file = join(folder, 'job.mjs');
    await writeFile(file, withAbsoluteSources(bundle));
    return (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The code with a source map that leads to the job's files on this machine, so that stacks name them. */
function withAbsoluteSources({ code, sourcePath }: Bundle): string {
  return code.replace(sourceMapPattern, (_comment, start: string, encoded: string) => {
    const map = JSON.parse(Buffer.from(encoded, 'base64').toString()) as { sources: string[] };
    map.sources = map.sources.map((source) => pathToFileURL(resolve(dirname(sourcePath), source)).href);
    return start + Buffer.from(JSON.stringify(map)).toString('base64');
  });
}

const sourceMapPattern = /(\/\/# sourceMappingURL=data:application\/json;base64,)([A-Za-z0-9+/=]+)\s*$/;
