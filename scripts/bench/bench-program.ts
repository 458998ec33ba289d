import { defaultJobOptions, type JobGraph, type Partitioner } from '../../actors/protocol/job-graph.js';
import type { JobProgram, VertexProgram } from '../../src/graph/job-program.js';
import type { KeySelector, Stage } from '../../src/operators/operator.js';
import type { Source } from '../../src/operators/source.js';

export interface BenchVertex {
  readonly id: string;
  readonly source: Source | null;
  readonly stages: readonly Stage[];
}

export interface BenchEdge {
  readonly from: string;
  readonly to: string;
  readonly partitioner: Partitioner;
  readonly key: KeySelector;
}

/** A job as the graph builder would make it, at one parallelism. */
export function benchProgram(
  name: string,
  parallelism: number,
  vertices: readonly BenchVertex[],
  edges: readonly BenchEdge[],
): JobProgram {
  const graph: JobGraph = {
    name,
    vertices: vertices.map(({ id, source, stages }) => ({
      id,
      name: id,
      parallelism,
      maxParallelism: 128,
      operators: [
        ...(source === null
          ? []
          : [{ uid: `${id}-source`, name: id, kind: 'source', commits: false, stateful: true } as const]),
        ...stages.map(
          (stage) => ({ uid: stage.uid, name: stage.name, kind: 'transform', commits: false, stateful: true }) as const,
        ),
      ],
    })),
    edges: edges.map(({ from, to, partitioner }) => ({
      id: `${from}>${to}`,
      from,
      to,
      partitioner,
      input: 0,
      side: null,
    })),
    options: defaultJobOptions,
  };
  return {
    graph,
    vertices: new Map(
      vertices.map(({ id, source, stages }): [string, VertexProgram] => [
        id,
        { source: source === null ? null : { uid: `${id}-source`, source }, stages },
      ]),
    ),
    edgeRoutes: new Map(),
    edgeKeys: new Map(edges.map(({ from, to, key }) => [`${from}>${to}`, key])),
  };
}
