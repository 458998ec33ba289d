import type { JobEdge, JobVertex, OperatorNode, SourceAlignment } from '../../actors/protocol/job-graph.js';
import { defaultSlotSharingGroup } from '../../actors/protocol/slot-sharing.js';
import type { KeySelector, Stage } from '../operators/operator.js';
import { defaultMaxParallelism } from '../state/key-groups.js';
import { type Chain, chainsOf } from './chaining.js';
import { GraphNames } from './graph-names.js';
import type { JobProgram, VertexProgram } from './job-program.js';
import type { Route } from './route.js';
import { alignmentOfNode, splitWatermarkNode } from './split-watermark-stage.js';
import type { StreamGraph, StreamNode } from './stream-graph.js';

/**
 * The job graph of a checked stream graph, and the functions it names. Two equal stream graphs give equal job graphs: ids, uids and
 * order follow from what is written, and from nothing else.
 */
export function buildJobProgram(
  graph: StreamGraph,
  keyGroupsBefore: Readonly<Record<string, number>> = {},
): JobProgram {
  const names = new GraphNames();
  const vertices: JobVertex[] = [];
  const programs = new Map<string, VertexProgram>();
  const vertexOfNode = new Map<number, string>();
  const chains = chainsOf(graph);
  for (const chain of chains) {
    const vertex = vertexOf(chain, names, keyGroupsBefore);
    vertices.push(vertex);
    programs.set(vertex.id, vertexProgramOf(chain));
    for (const { id } of chain) vertexOfNode.set(id, vertex.id);
  }
  const edges: JobEdge[] = [];
  const edgeKeys = new Map<string, KeySelector>();
  const edgeRoutes = new Map<string, Route>();
  for (const [head] of chains) {
    for (const { from: producer, partitioner, key, route, input, tag } of head.inputs) {
      const from = vertexOfNode.get(producer) as string;
      const to = vertexOfNode.get(head.id) as string;
      const id = names.edge(from, to);
      const { uid, bufferTimeoutMs } = graph.nodes[producer - 1] as StreamNode;
      const side = tag === null ? null : { operator: uid, tag };
      const timeout = bufferTimeoutMs === undefined ? {} : { bufferTimeoutMs };
      edges.push({ id, from, to, partitioner, input, side, ...timeout });
      if (key !== null) edgeKeys.set(id, key);
      if (route !== null) edgeRoutes.set(id, route);
    }
  }
  const alignments = chains.flatMap((chain) => alignmentOf(chain, vertexOfNode));
  const aligned = alignments.length === 0 ? {} : { alignments };
  return {
    graph: { name: graph.name, vertices, edges, options: graph.options, ...aligned },
    vertices: programs,
    edgeKeys,
    edgeRoutes,
  };
}

function vertexOf(chain: Chain, names: GraphNames, before: Readonly<Record<string, number>>): JobVertex {
  const [head] = chain;
  const { slotSharingGroup } = head;
  return {
    id: names.vertex(head.uid),
    name: chain.map(({ name }) => name).join(' → '),
    parallelism: head.parallelism,
    // As in Flink the head decides: keyed operators are always heads.
    maxParallelism: head.maxParallelism ?? before[head.uid] ?? defaultMaxParallelism(head.parallelism),
    ...(slotSharingGroup === defaultSlotSharingGroup ? {} : { slotSharingGroup }),
    operators: chain.map(operatorOf),
  };
}

function alignmentOf(chain: Chain, vertexOfNode: ReadonlyMap<number, string>): readonly SourceAlignment[] {
  const alignment = alignmentOfNode(splitWatermarkNode(chain));
  if (alignment === null) return [];
  const { group, maxDriftMs } = alignment;
  return [{ vertex: vertexOfNode.get(chain[0].id) as string, group, maxDriftMs }];
}

/** Field by field: a node carries functions, which must not get into a graph that travels. */
function operatorOf({ uid, name, kind, commits, stateful }: StreamNode): OperatorNode {
  return { uid, name, kind, commits, stateful };
}

function vertexProgramOf(chain: Chain): VertexProgram {
  let source: VertexProgram['source'] = null;
  const stages: Stage[] = [];
  for (const { uid, name, code } of chain) {
    if (code.kind === 'source') source = { uid, source: code.source };
    else stages.push({ uid, name, ...code.stage });
  }
  const policies = chain.flatMap(({ uid, onError = 'fail' }) => (onError === 'fail' ? [] : [[uid, onError] as const]));
  return { source, stages, errorPolicies: new Map(policies) };
}
