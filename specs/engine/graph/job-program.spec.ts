import { describe, expect, it } from 'vitest';
import { buildJobProgram } from '../../../src/graph/build-job-program.js';
import { chainsOf } from '../../../src/graph/chaining.js';
import { executionGraphOf } from '../../../src/graph/execution-graph.js';
import { firstDifference } from '../../../src/graph/first-difference.js';
import type { StreamGraph } from '../../../src/graph/stream-graph.js';
import { by, sink, streamGraph } from './stream-graphs.js';

const chained = (graph: StreamGraph): number[][] => chainsOf(graph).map((chain) => chain.map(({ id }) => id));

describe('chaining', () => {
  it('chains what is joined by forward, as far as it goes', () => {
    expect(chained(streamGraph([{}, {}, {}, sink]))).toEqual([[1, 2, 3, 4]]);
  });

  it.each([
    ['the partitioner is not forward', [{}, { inputs: [by('rebalance', 1)] }]],
    ['the partitioner is hash, at parallelism 1 too', [{}, { inputs: [by('hash', 1)] }]],
    ['the producer must stand alone', [{ chaining: 'never' }, {}]],
    ['the consumer must stand alone', [{}, { chaining: 'never' }]],
    ['the consumer begins a chain', [{}, { chaining: 'head' }]],
    ['they may not share slots', [{}, { slotSharingGroup: 'own' }]],
  ] as const)('does not when %s', (_why, nodes) => {
    expect(chained(streamGraph(nodes))).toEqual([[1], [2]]);
  });

  it('goes on behind an operator that only begins a chain', () => {
    expect(chained(streamGraph([{}, { chaining: 'head' }, {}]))).toEqual([[1], [2, 3]]);
  });

  it('does not when the consumer has two inputs, of two streams or of one twice', () => {
    expect(chained(streamGraph([{}, { inputs: [] }, { inputs: [1, 2] }]))).toEqual([[1], [2], [3]]);
    expect(chained(streamGraph([{}, { inputs: [1, 1] }]))).toEqual([[1], [2]]);
  });

  it('ends a chain at an operator with several consumers', () => {
    expect(chained(streamGraph([{}, {}, { inputs: [2] }, { inputs: [2] }, {}]))).toEqual([[1, 2], [3], [4, 5]]);
  });
});

describe('buildJobProgram', () => {
  const diamond = streamGraph([
    { uid: 'Orders (EU)', kind: 'source', parallelism: 2 },
    { uid: 'orders-eu', inputs: [by('hash', 1)], parallelism: 2, maxParallelism: 64 },
    { uid: 'b', inputs: [by('hash', 1)], parallelism: 3 },
    { ...sink, inputs: [by('rebalance', 2), by('rebalance', 3), by('rebalance', 3)] },
  ]);

  it('gives vertices ids that can stand in subjects, made of uids, each once', () => {
    const { graph } = buildJobProgram(diamond);
    expect(graph.vertices.map(({ id }) => id)).toEqual(['orders-eu', 'orders-eu-2', 'b', 'op-4']);
    for (const { id } of graph.vertices) expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  it('gives each edge an id of its own, also where two vertices are joined twice', () => {
    const { graph, edgeKeys } = buildJobProgram(diamond);
    expect(graph.edges.map(({ id, partitioner }) => `${id} ${partitioner}`)).toEqual([
      'orders-eu--orders-eu-2 hash',
      'orders-eu--b hash',
      'orders-eu-2--op-4 rebalance',
      'b--op-4 rebalance',
      'b--op-4--2 rebalance',
    ]);
    expect([...edgeKeys.keys()]).toEqual(['orders-eu--orders-eu-2', 'orders-eu--b']);
  });

  it('takes the max parallelism of the head, or the default for its parallelism', () => {
    const { graph } = buildJobProgram(diamond);
    expect(graph.vertices.map(({ maxParallelism }) => maxParallelism)).toEqual([128, 64, 128, 128]);
  });

  it('puts the functions beside the graph and none into it', () => {
    const source = { name: 's', discover: () => undefined, createReader: () => expect.fail('not run') };
    const program = buildJobProgram(
      streamGraph([
        { uid: 's', kind: 'source', code: { kind: 'source', source } },
        { uid: 'm', name: 'times two' },
        sink,
      ]),
    );
    const vertex = program.vertices.get('s');
    expect(vertex?.source).toEqual({ uid: 's', source });
    expect(vertex?.stages.map(({ uid, name, kind }) => ({ uid, name, kind }))).toEqual([
      { uid: 'm', name: 'times two', kind: 'map' },
      { uid: 'op-3', name: 'op-3', kind: 'map' },
    ]);
    expect(program.graph).toEqual(JSON.parse(JSON.stringify(program.graph)));
  });

  it('says of a vertex which slots it shares, and of an edge how long batches may wait, where that is not as usual', () => {
    const { graph } = buildJobProgram(
      streamGraph([
        { bufferTimeoutMs: null },
        { slotSharingGroup: 'own', parallelism: 2, inputs: [by('hash', 1)] },
        sink,
      ]),
    );
    expect(graph.vertices.map(({ slotSharingGroup }) => slotSharingGroup)).toEqual([undefined, 'own', undefined]);
    expect(graph.edges.map(({ bufferTimeoutMs }) => bufferTimeoutMs)).toEqual([null, undefined]);
    expect(executionGraphOf(graph).slots).toBe(3);
    expect(graph).toEqual(JSON.parse(JSON.stringify(graph)));
  });

  it('gives equal graphs for equal jobs', () => {
    expect(firstDifference(buildJobProgram(diamond).graph, buildJobProgram(diamond).graph)).toBeNull();
  });
});

describe('firstDifference', () => {
  const graph = buildJobProgram(streamGraph([{ uid: 'a' }, { uid: 'b', inputs: [by('hash', 1)] }, sink])).graph;
  const [a, b] = graph.vertices as [(typeof graph.vertices)[0], (typeof graph.vertices)[0]];

  it.each([
    ["vertex 'b': parallelism is 1, then 2", { ...graph, vertices: [a, { ...b, parallelism: 2 }] }],
    ["vertex 'b' is missing in the second", { ...graph, vertices: [a] }],
    ["vertex 'b' is missing in the first", { ...graph, vertices: [a, b, b] }],
    ['edge \'a--b\': partitioner is "hash", then "rebalance"', withPartitioner('rebalance')],
    ['options: bufferTimeoutMs is 10, then 5', { ...graph, options: { ...graph.options, bufferTimeoutMs: 5 } }],
    ['job: name is "job", then "other"', { ...graph, name: 'other' }],
  ])('%s', (difference, other) => {
    expect(firstDifference(graph, other)).toBe(difference);
  });

  it('names the operator, not the vertex that is named after it', () => {
    const other = buildJobProgram(streamGraph([{ uid: 'z' }, { uid: 'b', inputs: [by('hash', 1)] }, sink])).graph;
    expect(firstDifference(graph, other)).toBe('vertex \'a\', operator \'a\': uid is "a", then "z"');
  });

  function withPartitioner(partitioner: 'rebalance'): typeof graph {
    return { ...graph, edges: graph.edges.map((edge) => ({ ...edge, partitioner })) };
  }
});
