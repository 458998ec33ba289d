import type { Failure } from '../../../actors/protocol/failure.js';
import { failure } from '../../../actors/protocol/failure.js';
import type { JobRecord } from '../../../actors/protocol/job-graph.js';
import { EngineError, thrownStack, thrownText } from '../../api/engine-error.js';
import type { JobDefinition } from '../../api/job-definition.js';
import { buildJob } from '../../api/job-definition.js';
import type { CodeStore } from '../../graph/code-store.js';
import { firstDifference } from '../../graph/first-difference.js';
import type { JobProgram } from '../../graph/job-program.js';
import type { Bundle } from './bundle.js';
import type { EngineModules } from './engine-modules.js';
import { loadJob } from './load.js';

/** The code of one bundle: every load evaluates it anew. A record of other code is refused with CODE_MISSING. */
export function bundledCode(bundle: Bundle, engine: EngineModules): CodeStore {
  return {
    load(record, done) {
      if (record.code !== bundle.key) {
        const missing = failure(
          'CODE_MISSING',
          'infrastructure',
          `Job '${record.job}' was submitted with code ${record.code.slice(0, 12)}, but here is ${bundle.key.slice(0, 12)}. ` +
            'Run it with the code it was submitted with, or under another id.',
          'never',
        );
        queueMicrotask(() => done({ ok: false, failure: missing }));
        return;
      }
      loadJob(bundle, engine).then(
        (definition) => done(programOf(definition, record)),
        (thrown: unknown) => done({ ok: false, failure: failureOf(thrown) }),
      );
    },
  };
}

/** The code of a job that is defined in this process: every load runs its function anew; module globals are shared. */
export function definitionCode(definition: JobDefinition): CodeStore {
  return {
    load(record, done) {
      queueMicrotask(() => done(programOf(definition, record)));
    },
  };
}

/** Builds the job and holds its graph against the record's: what runs is what was submitted, or nothing. */
export function programOf(definition: JobDefinition, record: JobRecord): LoadResult {
  let program: JobProgram;
  try {
    program = buildJob(definition, record.params, record.from?.maxParallelism).program;
  } catch (thrown) {
    return { ok: false, failure: failureOf(thrown) };
  }
  const difference = firstDifference(record.graph, program.graph);
  if (difference === null) return { ok: true, program };
  const message =
    `The code of job '${record.job}' gives another graph than the one submitted. First difference, submitted and then given: ` +
    `${difference}. A job must be written the same each time: from its parameters, and not from dates, chance, files or the environment.`;
  return { ok: false, failure: failure('GRAPH_MISMATCH', 'user', message, 'never') };
}

type LoadResult = Parameters<Parameters<CodeStore['load']>[1]>[0];

function failureOf(thrown: unknown): Failure {
  if (thrown instanceof EngineError) return thrown.failure;
  return { ...failure('CODE_LOAD_FAILED', 'infrastructure', thrownText(thrown)), stack: thrownStack(thrown) };
}
