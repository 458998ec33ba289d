import { createRequire } from 'node:module';
import { createContext, Script } from 'node:vm';
import { mistake } from '../api/engine-error.js';
import type { JobDefinition } from '../api/job-definition.js';
import { isJobDefinition } from '../api/job-definition.js';
import type { Bundle } from '../runtime/code/bundle.js';
import type { EngineModules } from '../runtime/code/engine-modules.js';
import { installEngine } from '../runtime/code/engine-modules.js';
import { Random } from './random.js';
import { simulatedEpochMs } from './sim-process.js';
import type { SimWorld } from './world.js';

const forbidden = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch'] as const;

/**
 * Evaluates a job's script in a context of its own, as each life of a slot does: globals of user code neither survive a crash nor leak to
 * others. Date tells virtual time, Math.random is seeded, and what would leave virtual time throws and says so.
 */
export function evaluateJob(bundle: Bundle, engine: EngineModules, world: SimWorld, seed: number): JobDefinition {
  const globals: Record<string, unknown> = {
    console,
    process,
    Buffer,
    URL,
    URLSearchParams,
    TextEncoder,
    TextDecoder,
    structuredClone,
    require: createRequire(bundle.sourcePath),
  };
  for (const name of forbidden) globals[name] = () => refuse(name);
  const context = createContext(globals);
  installEngine(engine, context);
  new Script(prelude, { filename: 'weirflow:simulated-globals' }).runInContext(context)(
    () => world.nowMs + simulatedEpochMs,
    new Random(seed, 'Math.random'),
  );
  const exported: unknown = new Script(bundle.code, { filename: bundle.sourcePath }).runInContext(context);
  if (isJobDefinition(exported)) return exported;
  throw mistake('JOB_DEFAULT_EXPORT_MISSING', `${bundle.sourcePath} has no job as its default export.`);
}

function refuse(name: string): never {
  throw new Error(
    `${name} was called in a simulated job. It would leave virtual time: give the work to a source or a sink, which have a clock.`,
  );
}

/** Runs inside the context, so that what it makes belongs to it. */
const prelude = `(now, random) => {
  const RealDate = Date;
  globalThis.Date = class Date extends RealDate {
    constructor(...given) { if (given.length === 0) super(now()); else super(...given); }
    static now() { return now(); }
  };
  Math.random = () => random.unit();
}`;
