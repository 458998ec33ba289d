import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';
import { mistake, thrownText } from '../../api/engine-error.js';
import { bundleErrorsText, isBuildFailure } from './bundle-errors.js';
import { type EngineModules, shimOf } from './engine-modules.js';

/** `module` is an ES module for slots. `script` is a text for a vm context, whose value is the default export. */
export type BundleFormat = 'module' | 'script';

/** A job with all it imports as one file, source maps included. It holds no path of the machine it was made on. */
export interface Bundle {
  readonly code: string;
  /** SHA-256 of the code, hexadecimal: the same sources give the same key, wherever they lie. */
  readonly key: string;
  /** The job's file, absolute; the source map is relative to its folder. */
  readonly sourcePath: string;
}

/**
 * Bundles the job in the file `path`. Packages are bundled too; modules of Node stay outside, and `weirflow` becomes the engine that
 * runs the job. Rejects with an EngineError: JOB_FILE_MISSING, or JOB_BUNDLE_FAILED with every place that is wrong.
 */
export async function bundleJob(path: string, format: BundleFormat, engine: EngineModules): Promise<Bundle> {
  const sourcePath = resolve(path);
  await assertFile(sourcePath, path);
  const { build } = await import('esbuild');
  try {
    const { outputFiles } = await build({
      ...optionsOf(sourcePath, format),
      plugins: [engineShim(engine), packageUrls()],
    });
    const code = outputFiles[0]?.text ?? '';
    return { code, key: createHash('sha256').update(code).digest('hex'), sourcePath };
  } catch (thrown) {
    if (!isBuildFailure(thrown)) throw mistake('JOB_BUNDLE_FAILED', `${path} cannot be bundled: ${thrownText(thrown)}`);
    throw mistake('JOB_BUNDLE_FAILED', bundleErrorsText(thrown.errors, dirname(sourcePath)));
  }
}

async function assertFile(sourcePath: string, path: string): Promise<void> {
  const advice = 'Give the path of a .ts or .js file.';
  try {
    if ((await stat(sourcePath)).isFile()) return;
  } catch (thrown) {
    const isAbsent = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
    const why = isAbsent ? '' : `: ${thrownText(thrown)}`;
    throw mistake('JOB_FILE_MISSING', `There is no job file ${path}${why}. ${advice}`);
  }
  throw mistake('JOB_FILE_MISSING', `${path} is no file. ${advice}`);
}

/** Bundled packages ask for the place of their module to make a `require` for Node's modules: any place does. */
const packageUrl = 'weirflowBundleUrl';

const moduleBanner = `import { createRequire as weirflowCreateRequire } from 'node:module';
const ${packageUrl} = import.meta.url;
const require = weirflowCreateRequire(${packageUrl});`;

function optionsOf(sourcePath: string, format: BundleFormat): BuildOptions & { write: false } {
  const folder = dirname(sourcePath);
  return {
    entryPoints: [sourcePath],
    // Both decide how sources are named in the bundle: relative to the job, so that its key does not depend on the folder.
    absWorkingDir: folder,
    outfile: join(folder, 'job.mjs'),
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'silent',
    // A bundle lies elsewhere than the job's sources, so a job that asks for its own place would get a wrong answer.
    supported: { 'import-meta': false },
    logOverride: { 'empty-import-meta': 'error' },
    ...(format === 'module'
      ? { format: 'esm', banner: { js: moduleBanner } }
      : {
          format: 'iife',
          globalName: 'weirflowJob',
          banner: { js: `var ${packageUrl} = 'file:///weirflow-job.js';` },
          footer: { js: 'weirflowJob.default;' },
        }),
  };
}

function engineShim(engine: EngineModules): Plugin {
  return {
    name: 'weirflow-engine',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^weirflow(\/|$)/ }, ({ path }) => {
        if (path in engine) return { path, namespace: 'engine' };
        return { errors: [{ text: `There is no '${path}'. Jobs can import ${Object.keys(engine).join(', ')}.` }] };
      });
      onLoad({ filter: /.*/, namespace: 'engine' }, ({ path }) => ({ contents: shimOf(path, engine), loader: 'js' }));
    },
  };
}

function packageUrls(): Plugin {
  return {
    name: 'weirflow-package-urls',
    setup({ onLoad }) {
      onLoad({ filter: /[/\\]node_modules[/\\].*\.[cm]?js$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        if (!source.includes('import.meta.url')) return undefined;
        return { contents: source.replaceAll('import.meta.url', packageUrl), loader: 'js' };
      });
    },
  };
}
