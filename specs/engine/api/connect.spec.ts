import { describe, expect, it } from 'vitest';
import { printGraph } from '../../../src/graph/print/print-graph.js';
import { buildJob, type DataStream, defineJob, mapState, type ReadOnlyBroadcastContext } from '../../../src/index.js';

describe('connect', () => {
  const job = defineJob('connected', (env) => {
    const orders = env.fromCollection([{ customer: 'a', amount: 1 }], { uid: 'orders' });
    const more = env.fromCollection([{ customer: 'b', amount: 2 }], { uid: 'more' });
    const names = env.fromCollection([{ id: 'a', name: 'Anna' }], { uid: 'names' }).setParallelism(2);
    orders
      .union(more)
      .keyBy(({ customer }) => customer)
      .connect(names.keyBy(({ id }) => id))
      .process<string>({
        processElement1: ({ customer }, { emit }) => emit(customer),
        processElement2: ({ name }, { emit }) => emit(name),
      })
      .uid('meet')
      .map((text) => text.length)
      .print();
  });

  it('leads both into one operator, which begins a chain; each side by the hash of its own key', () => {
    const { graph, edgeKeys, vertices } = buildJob(job, []).program;
    expect(graph.vertices.map(({ operators }) => operators.map(({ uid }) => uid))).toEqual([
      ['orders'],
      ['more'],
      ['names'],
      ['meet', 'map-5', 'print-6'],
    ]);
    expect(graph.edges.map(({ from, partitioner, input }) => ({ from, partitioner, input }))).toEqual([
      { from: 'orders', partitioner: 'hash', input: 0 },
      { from: 'more', partitioner: 'hash', input: 0 },
      { from: 'names', partitioner: 'hash', input: 1 },
    ]);
    const keys = [{ customer: 'c' }, { customer: 'c' }, { id: 'i' }].map((value, index) =>
      edgeKeys.get(graph.edges[index]?.id as string)?.(value as never),
    );
    expect(keys).toEqual(['c', 'c', 'i']);
    const [stage] = vertices.get('meet')?.stages ?? [];
    expect(stage?.kind).toBe('twoInputs');
  });

  it('says on the arrow which input it is', () => {
    const { stream, program } = buildJob(job, []);
    expect(printGraph({ stream, job: program.graph }, 'job', 'text')).toContain('└─▶ meet  (hash, input 2)');
  });

  it('a stream can be connected with itself, by forward on both sides', () => {
    const self = defineJob('self', (env) => {
      const numbers = env.fromCollection([1], { uid: 'numbers' });
      numbers
        .connect(numbers)
        .map(
          (value) => value,
          (value) => -value,
        )
        .print();
    });
    const { graph } = buildJob(self, []).program;
    expect(graph.edges.map(({ id, partitioner, input }) => `${id} ${partitioner} ${input}`)).toEqual([
      'numbers--comap-2 forward 0',
      'numbers--comap-2--2 forward 1',
    ]);
  });

  it('keyBy after connect keys both', () => {
    const after = defineJob('after', (env) => {
      const texts = env.fromCollection(['a'], { uid: 'texts' });
      const numbers = env.fromCollection([1], { uid: 'numbers' });
      texts
        .connect(numbers)
        .keyBy(
          (text) => text,
          (number) => `${number}`,
        )
        .flatMap(
          (text) => [text],
          (number) => [`${number}`],
        )
        .print();
    });
    const { graph } = buildJob(after, []).program;
    expect(graph.edges.map(({ partitioner }) => partitioner)).toEqual(['hash', 'hash']);
  });

  it('a broadcast stream goes to every subtask, and has no key beside a keyed one', () => {
    const limits = mapState<string, number>('limits');
    const ruled = defineJob('ruled', (env) => {
      const rules = env.fromCollection([{ name: 'a', limit: 1 }], { uid: 'rules' }).broadcast(limits);
      const names = env.fromCollection(['a'], { uid: 'names' });
      const fn = {
        processElement: (name: string, context: ReadOnlyBroadcastContext<string>) => context.emit(name),
        processBroadcastElement: () => undefined,
      };
      names.connect(rules).process<string>(fn).uid('plain').print();
      names
        .keyBy((name) => name)
        .connect(rules)
        .process<string>(fn)
        .uid('keyed')
        .setParallelism(2)
        .print();
    });
    const { graph, vertices } = buildJob(ruled, []).program;
    const into = (uid: string) =>
      graph.edges.filter(({ to }) => to === uid).map(({ partitioner, input }) => `${partitioner} ${input}`);
    expect([into('plain'), into('keyed')]).toEqual([
      ['forward 0', 'broadcast 1'],
      ['hash 0', 'broadcast 1'],
    ]);
    const [stage] = vertices.get('keyed')?.stages ?? [];
    expect(stage?.kind === 'twoInputs' && stage.keys.map((key) => key === null)).toEqual([false, true]);
  });

  it('needs both streams to be of one job', () => {
    let other: DataStream<number> | null = null;
    buildJob(
      defineJob('one', (env) => {
        other = env.fromCollection([1], { uid: 'numbers' });
        other.print();
      }),
      [],
    );
    const two = defineJob('two', (env) => {
      env.fromCollection([1]).connect(other as unknown as DataStream<number>);
    });
    expect(() => buildJob(two, [])).toThrow(/connect\(\) got a stream of another job/);
  });
});
