import { type DataStream, SingleOutputStream } from '../../api/data-stream.js';
import { mistake } from '../../api/engine-error.js';
import { buildJob, defineJob, type JobDefinition } from '../../api/job-definition.js';
import type { OutputTag } from '../../operators/output-tag.js';
import { FedSource, Feed } from './fed-source.js';
import { type Taken, TakenOutput } from './taken-output.js';

/** A tag, whatever its records are. */
export type NamedOutput = Pick<OutputTag<unknown>, 'name'>;

/** What a harness runs: the job's own code between its inputs and what it looks at. */
export interface Pipeline {
  /** One or two. */
  readonly inputs: number;
  build(inputs: readonly DataStream<unknown>[]): DataStream<unknown>;
  /** Of the stream that `build` returns. */
  readonly sideOutputs: readonly NamedOutput[];
}

/** The pipeline as a job whose operators run `parallelism` times each, unless they say otherwise themselves. */
export function jobOf(
  { build, sideOutputs }: Pipeline,
  parallelism: number,
  feeds: readonly Feed[],
  take: (taken: Taken) => void,
): JobDefinition {
  return defineJob('harness', (env) => {
    env.setParallelism(parallelism).allowGeneratedUids();
    const inputs = feeds.map((feed, at) =>
      env
        .fromSource(new FedSource(feed), { uid: `harness-input-${at + 1}` })
        .setParallelism(1)
        .disableChaining(),
    );
    const built = build(inputs);
    tap(built, null, take);
    for (const { name } of sideOutputs) tap(sideOf(built, name), name, take);
  });
}

/** Whether what it puts out with one element depends on more than the elements before: on promises, or on probes by the clock. */
export function takesItsTime(pipeline: Pipeline): boolean {
  const feeds = Array.from({ length: pipeline.inputs }, () => new Feed());
  const { stream } = buildJob(
    jobOf(pipeline, 1, feeds, () => undefined),
    [],
  );
  return stream.nodes.some(({ operation }) => ['asyncMap', 'asyncFlatMap', 'watermarks'].includes(operation));
}

/** A task of its own, so that the channel before it can be full. */
function tap(stream: DataStream<unknown>, tag: string | null, take: (taken: Taken) => void): void {
  stream
    .global()
    .sinkTo(new TakenOutput(tag, take))
    .uid(tag === null ? 'harness-output' : `harness-side-${tag}`)
    .setParallelism(1);
}

function sideOf(built: DataStream<unknown>, name: string): DataStream<unknown> {
  if (built instanceof SingleOutputStream) return built.getSideOutput({ name });
  throw mistake(
    'SIDE_OUTPUT_NONE',
    `The side output '${name}' is asked for, but the stream that build() returns is not that of one operator. ` +
      'Return the operator whose side output it is, or the side output itself.',
  );
}
