import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildJob, EngineError } from 'weirflow';
import type { JobRecord } from '../../../actors/protocol/job-graph.js';
import { isJobDefinition } from '../../../src/api/job-definition.js';
import { engineModules } from '../../../src/engine-modules.js';
import type { CodeStore } from '../../../src/graph/code-store.js';
import { bundleJob } from '../../../src/runtime/code/bundle.js';
import { bundledCode, definitionCode } from '../../../src/runtime/code/code-stores.js';
import { engineVersion, installEngine } from '../../../src/runtime/code/engine-modules.js';
import { loadJob } from '../../../src/runtime/code/load.js';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weirflow-spec-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Writes files into the spec's folder; the path of the first is returned. */
async function written(files: Readonly<Record<string, string>>, root = folder): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return join(root, Object.keys(files)[0] ?? '');
}

const bundle = (path: string) => bundleJob(path, 'module', engineModules);

async function failureOf(work: Promise<unknown>) {
  const thrown: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return thrown instanceof EngineError ? thrown.failure : expect.fail(`no EngineError but ${String(thrown)}`);
}

const job = (body: string): string => `
import { defineJob } from 'weirflow';
export default defineJob('bundled', (env) => {
  ${body}
});
`;
const printing = job("env.fromCollection([1, 2], { uid: 'numbers' }).print();");

describe('bundleJob', () => {
  it('gives a job that is built with the classes of the running engine', async () => {
    const definition = await loadJob(await bundle(await written({ 'job.ts': printing })), engineModules);
    expect(isJobDefinition(definition)).toBe(true);
    expect(buildJob(definition, []).program.graph.vertices.map(({ id }) => id)).toEqual(['numbers']);
  });

  it('gives the same key for the same sources in another folder, and another for other sources', async () => {
    const files = { 'job.ts': `import './part.js';${printing}`, 'part.ts': 'export const part: number = 1;' };
    const here = await bundle(await written(files));
    const there = await bundle(await written(files, join(folder, 'elsewhere', 'deeper')));
    expect(there.key).toBe(here.key);
    expect(here.key).toMatch(/^[0-9a-f]{64}$/);
    expect(here.code).not.toContain(folder);
    const other = await bundle(await written({ 'other.ts': job("env.fromCollection([3], { uid: 'n' }).print();") }));
    expect(other.key).not.toBe(here.key);
  });

  it('bundles packages, ES modules and CommonJS, and leaves the modules of Node outside', async () => {
    const path = await written({
      'job.ts': `
        import { defineJob } from 'weirflow';
        import { sep } from 'node:path';
        import esm from 'esm';
        import cjs from 'cjs';
        export default defineJob('bundled', (env) => {
          env.fromCollection([1], { uid: ['x', esm, cjs, sep === '/' || sep === '\\\\'].join('-') }).print();
        });`,
      'node_modules/esm/package.json': '{ "name": "esm", "type": "module", "main": "main.js" }',
      'node_modules/esm/main.js': `
        import { createRequire } from 'node:module';
        export default typeof createRequire(import.meta.url)('node:os').cpus;`,
      'node_modules/cjs/package.json': '{ "name": "cjs", "main": "main.js" }',
      'node_modules/cjs/main.js': "module.exports = typeof require('fs').readFileSync;",
    });
    const definition = await loadJob(await bundle(path), engineModules);
    expect(buildJob(definition, []).program.graph.vertices[0]?.operators[0]?.uid).toBe('x-function-function-true');
  });

  it('refuses import.meta.url in a job, with its place and a way out', async () => {
    const path = await written({ 'job.ts': `const here = import.meta.url;\n${printing}` });
    const { code, message } = await failureOf(bundle(path));
    expect(code).toBe('JOB_BUNDLE_FAILED');
    expect(message).toContain('job.ts:1:14: import.meta is not available in a job');
    expect(message).toContain("env.param('input')");
    expect(message).toContain('  const here = import.meta.url;\n               ~~~~~~~~~~~');
  });

  it('names every place where it cannot go on', async () => {
    const path = await written({
      'job.ts': "import { a } from 'weirflow/nowhere';\nimport b from './b.js';\nconsole.log(a, b);",
    });
    const { message } = await failureOf(bundle(path));
    expect(message).toContain("job.ts:1:19: There is no 'weirflow/nowhere'. Jobs can import weirflow");
    expect(message).toContain('job.ts:2:15: Could not resolve "./b.js"');
  });

  it('knows the names that the engine exports', async () => {
    const path = await written({ 'job.ts': "import { defineJobs } from 'weirflow';\nexport default defineJobs;" });
    const { message } = await failureOf(bundle(path));
    expect(message).toContain('job.ts:1:10: No matching export in "weirflow" for import "defineJobs"');
  });

  it('says when there is no such file', async () => {
    const { code, message } = await failureOf(bundle(join(folder, 'absent.ts')));
    expect(code).toBe('JOB_FILE_MISSING');
    expect(message).toContain(`There is no job file ${join(folder, 'absent.ts')}.`);
    expect((await failureOf(bundle(folder))).message).toContain('is no file');
  });

  it('gives a script whose value is the job, for a context of its own', async () => {
    const { code } = await bundleJob(await written({ 'job.ts': printing }), 'script', engineModules);
    const context = createContext({ require: createRequire(import.meta.url) });
    installEngine(engineModules, context);
    const definition: unknown = runInContext(code, context);
    if (!isJobDefinition(definition)) return expect.fail('no job');
    expect(buildJob(definition, []).program.graph.vertices).toHaveLength(1);
    return undefined;
  });
});

describe('loadJob', () => {
  it('evaluates the bundle anew each time', async () => {
    const path = await written({
      'job.ts': `let loads = 0;\n${job("env.fromCollection([1], { uid: 'loads-' + ++loads }).print();")}`,
    });
    const made = await bundle(path);
    for (const definition of [await loadJob(made, engineModules), await loadJob(made, engineModules)]) {
      expect(buildJob(definition, []).program.graph.vertices[0]?.id).toBe('loads-1');
    }
  });

  it('says what to write when the default export is missing or no job', async () => {
    const missing = await failureOf(
      loadJob(await bundle(await written({ 'a.ts': 'export const a = 1;' })), engineModules),
    );
    expect(missing.code).toBe('JOB_DEFAULT_EXPORT_MISSING');
    expect(missing.message).toContain("a.ts has no default export. Write: export default defineJob('my-job'");
    const wrong = await failureOf(loadJob(await bundle(await written({ 'b.ts': 'export default 1;' })), engineModules));
    expect(wrong.message).toContain('b.ts has a default export that is no job');
  });

  it('gives the stack of what a job throws in its own source', async () => {
    const path = await written({
      'throws.ts': "interface Gone {}\nexport type { Gone };\nthrow new Error('at load');",
    });
    const loading = await failureOf(loadJob(await bundle(path), engineModules));
    expect(loading).toMatchObject({ code: 'JOB_BUILD_FAILED', domain: 'user', retry: 'never' });
    expect(loading.stack).toContain(`${path}:3:7`);
  });
});

describe('code stores', () => {
  const load = (store: CodeStore, record: JobRecord) =>
    new Promise<Parameters<Parameters<CodeStore['load']>[1]>[0]>((resolve) => store.load(record, resolve));

  it('give the program of the graph that was submitted', async () => {
    const made = await bundle(await written({ 'job.ts': printing }));
    const definition = await loadJob(made, engineModules);
    const { graph } = buildJob(definition, []).program;
    const record: JobRecord = { format: 1, job: 'bundled', graph, code: made.key, params: [] };
    for (const store of [bundledCode(made, engineModules), definitionCode(definition)]) {
      expect(await load(store, record)).toMatchObject({ ok: true, program: { graph } });
    }
  });

  it('refuse a job that builds another graph, naming the first difference', async () => {
    const path = await written({ 'job.ts': job("env.fromCollection([1], { uid: env.param('uid') }).print();") });
    const made = await bundle(path);
    const { graph } = buildJob(await loadJob(made, engineModules), ['--uid', 'a']).program;
    const record: JobRecord = { format: 1, job: 'bundled', graph, code: made.key, params: ['--uid', 'b'] };
    const loaded = await load(bundledCode(made, engineModules), record);
    expect(loaded).toMatchObject({ ok: false, failure: { code: 'GRAPH_MISMATCH', retry: 'never' } });
    expect(!loaded.ok && loaded.failure.message).toContain('vertex \'a\', operator \'a\': uid is "a", then "b"');
  });

  it('refuse a record of other code, and hand on what the job throws', async () => {
    const path = await written({ 'job.ts': job("throw new Error('no input');") });
    const made = await bundle(path);
    const graph = { name: 'bundled', vertices: [], edges: [], options: {} } as unknown as JobRecord['graph'];
    const record: JobRecord = { format: 1, job: 'bundled', graph, code: made.key, params: [] };
    const store = bundledCode(made, engineModules);
    expect(await load(store, record)).toMatchObject({ ok: false, failure: { code: 'JOB_BUILD_FAILED' } });
    const other = { ...record, code: '0'.repeat(64) };
    expect(await load(store, other)).toMatchObject({ ok: false, failure: { code: 'CODE_MISSING' } });
  });
});

describe('engine modules', () => {
  it('have the version of the package', () => {
    const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string };
    expect(engineVersion).toBe(version);
  });

  it('are all that a job can import from the package', async () => {
    const connectors = await readdir(fileURLToPath(new URL('../../../src/connectors', import.meta.url)), {
      withFileTypes: true,
    });
    const paths = connectors.filter((entry) => entry.isDirectory()).map(({ name }) => `weirflow/connectors/${name}`);
    expect(Object.keys(engineModules).sort()).toEqual(['weirflow', ...paths].sort());
  });
});
