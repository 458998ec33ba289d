import { defaultJobOptions } from '../../../actors/protocol/job-graph.js';
import type { StreamEdge, StreamGraph, StreamNode } from '../../../src/graph/stream-graph.js';

type Given = Partial<Omit<StreamNode, 'id' | 'inputs'>> & { readonly inputs?: readonly (number | StreamEdge)[] };

export const by = (partitioner: StreamEdge['partitioner'], from: number): StreamEdge => ({
  from,
  partitioner,
  input: 0,
  tag: null,
  route: null,
  key: partitioner === 'hash' ? (value: unknown) => value : null,
});

/** A stream graph of nodes of which only what matters is given; a bare number is a forward edge from that node. */
export function streamGraph(nodes: readonly Given[], generatedUidsAllowed = false): StreamGraph {
  return { name: 'job', nodes: nodes.map(nodeOf), options: defaultJobOptions, generatedUidsAllowed };
}

function nodeOf(given: Given, index: number): StreamNode {
  const { inputs = index === 0 ? [] : [index], ...rest } = given;
  const id = index + 1;
  return {
    id,
    operation: 'map',
    uid: `op-${id}`,
    uidGiven: true,
    name: `op-${id}`,
    kind: 'transform',
    commits: false,
    stateful: false,
    parallelism: 1,
    maxParallelism: null,
    chaining: 'always',
    slotSharingGroup: 'default',
    code: { kind: 'stage', stage: { kind: 'map', fn: (value: unknown) => value } },
    writtenAt: `job.ts:${id}:1`,
    ...rest,
    inputs: inputs.map((input) => (typeof input === 'number' ? by('forward', input) : input)),
  };
}

export const sink: Given = { operation: 'print', kind: 'sink' };
