import { describe, expect, it } from 'vitest';
import { executionGraphOf } from '../../../src/graph/execution-graph.js';
import { buildJob, defineJob } from '../../../src/index.js';

describe('partitioners', () => {
  const job = defineJob('partitioned', (env) => {
    const numbers = env
      .fromCollection([1, 2, 3], { uid: 'numbers' })
      .map((n) => n)
      .setParallelism(2);
    numbers.rescale().print('rescaled').setParallelism(4);
    numbers.shuffle().print('shuffled').setParallelism(2);
    numbers.global().print('first').setParallelism(2);
    numbers
      .partitionCustom(
        (n) => n * 10,
        (key, parallelism) => key % parallelism,
      )
      .print('custom')
      .setParallelism(3);
  });

  it('stand on the edges, and the function of a custom one beside them', () => {
    const { graph, edgeRoutes } = buildJob(job, []).program;
    const leaving = graph.edges.filter(({ from }) => from === 'map-2');
    expect(leaving.map(({ partitioner }) => partitioner)).toEqual(['rescale', 'shuffle', 'global', 'custom']);
    const [id, route] = [...edgeRoutes][0] ?? [];
    expect(id).toBe(leaving.at(-1)?.id);
    expect(route?.(4 as never, 3)).toBe(1);
  });

  it('rescale connects each producer with its share of the consumers only', () => {
    const { channels } = executionGraphOf(buildJob(job, []).program.graph);
    const rescaled = channels.filter(({ edge }) => edge === 'map-2--print-3');
    expect(rescaled.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'map-2#0 print-3#0',
      'map-2#0 print-3#1',
      'map-2#1 print-3#2',
      'map-2#1 print-3#3',
    ]);
  });
});
