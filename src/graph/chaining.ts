import type { StreamGraph, StreamNode } from './stream-graph.js';

/** Nodes that run as one task, in order. */
export type Chain = readonly [StreamNode, ...StreamNode[]];

/**
 * Groups nodes into chains by Flink's conditions: the consumer has one input, of its own parallelism and slot sharing group, by `forward`;
 * neither side forbids it. A chain here has no branches, so an operator with several consumers ends its chain; those of its side outputs are always
 * elsewhere, and do not end it. Chains come in topological order.
 */
export function chainsOf(graph: StreamGraph): readonly Chain[] {
  const outputs = outputCounts(graph);
  const chains = new Map<number, [StreamNode, ...StreamNode[]]>();
  const ordered: Chain[] = [];
  for (const node of graph.nodes) {
    const producer = chainableProducer(graph, node, outputs);
    const chain = producer === null ? undefined : chains.get(producer.id);
    if (chain === undefined) {
      const begun: [StreamNode] = [node];
      chains.set(node.id, begun);
      ordered.push(begun);
    } else {
      chain.push(node);
      chains.set(node.id, chain);
    }
  }
  return ordered;
}

function chainableProducer(
  graph: StreamGraph,
  node: StreamNode,
  outputs: ReadonlyMap<number, number>,
): StreamNode | null {
  const [input, ...others] = node.inputs;
  if (input === undefined || others.length > 0) return null;
  const producer = graph.nodes[input.from - 1] as StreamNode;
  const chainable =
    input.tag === null &&
    input.partitioner === 'forward' &&
    producer.parallelism === node.parallelism &&
    producer.slotSharingGroup === node.slotSharingGroup &&
    producer.chaining !== 'never' &&
    node.chaining === 'always' &&
    outputs.get(producer.id) === 1;
  return chainable ? producer : null;
}

/** Consumers of main outputs. */
function outputCounts(graph: StreamGraph): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { inputs } of graph.nodes) {
    for (const { from, tag } of inputs) if (tag === null) counts.set(from, (counts.get(from) ?? 0) + 1);
  }
  return counts;
}
