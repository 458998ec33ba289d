import { describe, expect, it } from 'vitest';
import { firstDifference } from '../../../src/graph/first-difference.js';
import { printGraph } from '../../../src/graph/print/print-graph.js';
import { buildJob, defineJob, outputTag, type ProcessFunction } from '../../../src/index.js';

const odd = outputTag<number>('odd');
const negative = outputTag<string>('negative');

/** Even numbers go on; others leave by the side. */
const sorted: ProcessFunction<number, number> = {
  processElement: (value, context) => {
    if (value < 0) context.output(negative, `${value}`);
    else if (value % 2 === 1) context.output(odd, value);
    else context.emit(value);
  },
};

const job = defineJob('sides', (env) => {
  const numbers = env.fromCollection([1, 2, -3], { uid: 'numbers' }).process(sorted).uid('sorted');
  numbers.map((value) => value * 2).print('even');
  numbers
    .getSideOutput(odd)
    .map((value) => value + 1)
    .print('odd');
  numbers.getSideOutput(negative).rebalance().print('negative').setParallelism(2);
});

describe('side outputs: OutputTag from any process function', () => {
  it('leave the middle of a chain, which goes on with the main output', () => {
    const { graph } = buildJob(job, []).program;
    expect(graph.vertices.map(({ operators }) => operators.map(({ uid }) => uid))).toEqual([
      ['numbers', 'sorted', 'map-3', 'print-4'],
      ['map-5', 'print-6'],
      ['print-7'],
    ]);
    expect(graph.edges.map(({ to, partitioner, side, input }) => ({ to, partitioner, side, input }))).toEqual([
      { to: 'map-5', partitioner: 'forward', side: { operator: 'sorted', tag: 'odd' }, input: 0 },
      { to: 'print-7', partitioner: 'rebalance', side: { operator: 'sorted', tag: 'negative' }, input: 0 },
    ]);
  });

  it('stand on the arrows of every graph', () => {
    const { stream, program } = buildJob(job, []);
    const graphs = { stream, job: program.graph };
    expect(printGraph(graphs, 'stream', 'text')).toContain("├─▶ map-5  (forward, side output 'odd')");
    expect(printGraph(graphs, 'job', 'text')).toContain("└─▶ print-7  (rebalance, side output 'negative')");
    expect(printGraph(graphs, 'execution', 'mermaid')).toContain('s1 --> s2');
    expect(printGraph(graphs, 'job', 'mermaid')).toContain("b1 -->|forward, side output 'odd'| b2");
  });

  it('are part of what two builds of a job must agree on', () => {
    const { graph } = buildJob(job, []).program;
    const [first, ...others] = graph.edges;
    const other = { ...graph, edges: [{ ...first, side: { operator: 'sorted', tag: 'even' } } as never, ...others] };
    expect(firstDifference(graph, other)).toMatch(/side is .*"odd".*, then .*"even"/);
  });

  it('a map has none, and says so while the job is written', () => {
    const mapped = defineJob('mapped', (env) => {
      env
        .fromCollection([1])
        .map((value) => value)
        .getSideOutput(odd)
        .print();
    });
    expect(() => buildJob(mapped, [])).toThrow(/map has no side outputs, so 'odd' would be empty/);
  });

  it.each(['', 'a b', '-a', 'x'.repeat(101)])("'%s' names none", (name) => {
    expect(() => outputTag(name)).toThrow(/cannot name a side output/);
  });
});
