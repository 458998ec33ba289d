import { failure } from '../../actors/protocol/failure.js';
import { buildJobProgram } from '../graph/build-job-program.js';
import { checkStreamGraph } from '../graph/check-stream-graph.js';
import type { JobProgram } from '../graph/job-program.js';
import type { StreamGraph } from '../graph/stream-graph.js';
import { EngineError, mistake, thrownStack, thrownText } from './engine-error.js';
import { GraphRecorder } from './graph-recorder.js';
import { StreamEnvironment } from './stream-environment.js';

const jobNamePattern = /^[a-z0-9][a-z0-9-_]{0,62}$/;

/** A job: its name, and the function that writes it. It runs nothing until it is submitted. */
export interface JobDefinition {
  readonly kind: 'weirflow/job';
  readonly name: string;
  readonly build: (env: StreamEnvironment) => void;
}

/** A job as built: its graph as written, and its job graph with the functions it names. */
export interface BuiltJob {
  readonly stream: StreamGraph;
  readonly program: JobProgram;
}

/**
 * Defines a job. `build` is called wherever the job is loaded, several times in the life of a job, and must write the same job each
 * time: it depends on nothing but `env`. The name is 1 to 63 lower-case letters, digits, dashes and underscores (JOB_NAME_INVALID).
 *
 * @example
 * ```ts
 * export default defineJob('word-count', (env) => {
 *   env
 *     .fromCollection(['to be or not to be'], { uid: 'lines' })
 *     .flatMap((line) => line.split(' '))
 *     .print();
 * });
 * ```
 */
export function defineJob(name: string, build: (env: StreamEnvironment) => void): JobDefinition {
  if (!jobNamePattern.test(name)) {
    throw mistake(
      'JOB_NAME_INVALID',
      `'${name}' cannot be the name of a job. Use 1 to 63 lower-case letters, digits, dashes and underscores, beginning with a letter or digit.`,
    );
  }
  return { kind: 'weirflow/job', name, build };
}

/** Tells a job from anything else a module may export. */
export function isJobDefinition(value: unknown): value is JobDefinition {
  return typeof value === 'object' && value !== null && (value as Partial<JobDefinition>).kind === 'weirflow/job';
}

/**
 * Runs a job's function and checks what it wrote. Throws an EngineError: JOB_BUILD_FAILED with the stack of what the function threw,
 * or the code of the mistake that was found. `keyGroupsBefore` has the max parallelism, by uid, of operators of a savepoint that the job begins with;
 * what the job itself sets goes before it.
 *
 * @example
 * ```ts
 * const { program } = buildJob(job, ['--input', 'flights.csv']);
 * console.log(program.graph.vertices.length);
 * ```
 */
export function buildJob(
  definition: JobDefinition,
  params: readonly string[],
  keyGroupsBefore: Readonly<Record<string, number>> = {},
): BuiltJob {
  const recorder = new GraphRecorder();
  write(definition, new StreamEnvironment(recorder, params));
  const stream = recorder.finish(definition.name);
  const wrong = checkStreamGraph(stream);
  if (wrong !== null) throw new EngineError(wrong);
  return { stream, program: buildJobProgram(stream, keyGroupsBefore) };
}

function write({ name, build }: JobDefinition, env: StreamEnvironment): void {
  let returned: unknown;
  try {
    returned = build(env);
  } catch (thrown) {
    if (thrown instanceof EngineError) throw thrown;
    const described = failure(
      'JOB_BUILD_FAILED',
      'user',
      `Job '${name}' failed while it was being built: ${thrownText(thrown)}`,
      'never',
    );
    throw new EngineError({ ...described, stack: thrownStack(thrown) }, thrown);
  }
  if (typeof returned === 'object' && returned !== null && 'then' in returned) {
    throw mistake(
      'JOB_BUILD_FAILED',
      `Job '${name}' is defined by an async function. Define it without await: read what it needs in its sources.`,
    );
  }
}
