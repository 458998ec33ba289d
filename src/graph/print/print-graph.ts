import type { JobGraph } from '../../../actors/protocol/job-graph.js';
import { type ExecutionGraph, executionGraphOf } from '../execution-graph.js';
import type { StreamGraph } from '../stream-graph.js';
import { asMermaid, executionAsMermaid } from './as-mermaid.js';
import { asText } from './as-text.js';
import { drawExecutionGraph, drawJobGraph, drawStreamGraph } from './drawing.js';

/** Which of a job's graphs to print: as written, as deployed, or as it runs. */
export const graphKinds = ['stream', 'job', 'execution'] as const;
export type GraphKind = (typeof graphKinds)[number];

export const graphFormats = ['text', 'json', 'mermaid'] as const;
export type GraphFormat = (typeof graphFormats)[number];

export interface JobGraphs {
  readonly stream: StreamGraph;
  readonly job: JobGraph;
}

/** One graph of a job in one format, without a line break at the end. */
export function printGraph(graphs: JobGraphs, kind: GraphKind, format: GraphFormat): string {
  const execution = executionGraphOf(graphs.job);
  if (format === 'json') return JSON.stringify(asData(graphs, execution, kind), null, 2);
  if (format === 'mermaid' && kind === 'execution') return executionAsMermaid(execution);
  const drawing = {
    stream: () => drawStreamGraph(graphs.stream),
    job: () => drawJobGraph(graphs.job),
    execution: () => drawExecutionGraph(execution),
  }[kind]();
  return format === 'text' ? asText(drawing) : asMermaid(drawing);
}

function asData({ stream, job }: JobGraphs, execution: ExecutionGraph, kind: GraphKind): unknown {
  if (kind === 'job') return job;
  if (kind === 'execution') return { name: job.name, ...execution, job: undefined };
  const nodes = stream.nodes.map(({ code: _code, inputs, ...node }) => ({
    ...node,
    inputs: inputs.map(({ key: _key, route: _route, ...edge }) => edge),
  }));
  return { ...stream, nodes };
}
