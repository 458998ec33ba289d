import { describe, expect, it } from 'vitest';
import {
  buildJob,
  type DataStream,
  defineJob,
  EngineError,
  exponentialDelay,
  failureRate,
  fixedDelay,
  noRestart,
  type StreamEnvironment,
} from 'weirflow';
import { firstDifference } from '../../../src/graph/first-difference.js';

type Write = (env: StreamEnvironment) => void;

const build = (write: Write, params: readonly string[] = []) => buildJob(defineJob('job', write), params);
const graphOf = (write: Write, params: readonly string[] = []) => build(write, params).program.graph;
const numbers = (env: StreamEnvironment, uid = 'numbers') => env.fromCollection([1, 2, 3], { uid });

/** What building throws, as the failure it carries. */
function refusal(write: Write, params: readonly string[] = []) {
  try {
    build(write, params);
  } catch (thrown) {
    if (thrown instanceof EngineError) return thrown.failure;
    throw thrown;
  }
  return expect.fail('it was built');
}

describe('defineJob', () => {
  it('takes names that can stand in subjects and folders, and no others', () => {
    for (const name of ['a', '0', 'word-count', 'a_b', 'a'.repeat(63)])
      expect(defineJob(name, () => {}).name).toBe(name);
    for (const name of ['', '-a', '_a', 'A', 'a.b', 'a b', 'ü', 'a'.repeat(64)]) {
      expect(() => defineJob(name, () => {}), name).toThrow(expect.objectContaining({ code: 'JOB_NAME_INVALID' }));
    }
  });

  it('asks for managed memory in its slots, as a size', () => {
    const asking =
      (size: string): Write =>
      (env) =>
        void numbers(env.setSlotMemory(size)).print();
    expect(graphOf(asking('512MB')).options.slotMemoryBytes).toBe(536_870_912);
    expect(graphOf((env) => void numbers(env).print()).options.slotMemoryBytes).toBeUndefined();
    for (const size of ['512', '1KB', 'much']) {
      expect(refusal(asking(size))).toMatchObject({
        code: 'OPTION_RANGE',
        message: expect.stringContaining(`'${size}'`),
      });
    }
  });

  it('runs nothing: the function is called when the job is built, once each time', () => {
    let calls = 0;
    const job = defineJob('job', (env) => {
      calls += 1;
      numbers(env).print();
    });
    expect(calls).toBe(0);
    buildJob(job, []);
    buildJob(job, []);
    expect(calls).toBe(2);
  });

  it('gives the stack of what the function throws, in the code of the job', () => {
    const failure = refusal(function writeJob() {
      throw new TypeError('no such airport');
    });
    expect(failure).toMatchObject({ code: 'JOB_BUILD_FAILED', domain: 'user', retry: 'never' });
    expect(failure.message).toBe("Job 'job' failed while it was being built: no such airport");
    expect(failure.stack).toContain('writeJob');
    expect(failure.stack).toContain('job-definition.spec.ts');
  });

  it('keeps the code of a mistake that the engine itself finds', () => {
    expect(refusal((env) => env.setBufferTimeout(-1))).toMatchObject({
      code: 'OPTION_RANGE',
      message: 'setBufferTimeout is -1. Give a whole number of at least 0.',
    });
  });

  it('refuses an async function, and changes that come after the end', async () => {
    expect(refusal(async () => {})).toMatchObject({ code: 'JOB_BUILD_FAILED' });
    let kept: StreamEnvironment | undefined;
    build((env) => {
      kept = env;
      numbers(env).print();
    });
    expect(() => numbers(kept as StreamEnvironment)).toThrow(expect.objectContaining({ code: 'JOB_BUILD_ENDED' }));
  });

  it('says where both operators of one uid are written', () => {
    const { code, message } = refusal((env) => numbers(env, 'a').map(String).uid('a').print());
    expect(code).toBe('UID_DUPLICATE');
    const place = /specs\/engine\/api\/job-definition\.spec\.ts:\d+:\d+/g;
    expect(message.replace(place, 'PLACE')).toContain("collection 'a' at PLACE and map 'a' at PLACE");
  });

  it('demands a uid of sources, reduce, process and sinks that commit, and of nothing else', () => {
    expect(refusal((env) => env.fromCollection([1]).print()).code).toBe('UID_MISSING');
    const reduced: Write = (env) => {
      const sums = numbers(env).keyBy((n) => n);
      sums.reduce((a, b) => a + b).print();
    };
    expect(refusal(reduced).message).toContain("Add .uid('my-reduce') after it.");
    expect(graphOf((env) => reduced(env.allowGeneratedUids())).vertices[1]?.operators[0]?.uid).toBe('reduce-2');
    const stateless: Write = (env) => {
      numbers(env)
        .map(String)
        .filter((text) => text !== '')
        .flatMap((text) => [text])
        .print();
    };
    expect(graphOf(stateless).vertices).toHaveLength(1);
  });

  it('lets generated uids step aside for given ones', () => {
    const graph = graphOf((env) => numbers(env, 'map-2').map(String).print());
    expect(graph.vertices[0]?.operators.map(({ uid }) => uid)).toEqual(['map-2', 'map-2-generated', 'print-3']);
  });
});

describe('the graph of a job', () => {
  it('is the same each time it is built', () => {
    const write: Write = (env) => {
      env
        .setParallelism(2)
        .enableCheckpointing({ intervalMs: 100 })
        .setRestartStrategy(fixedDelay({ attempts: null, delayMs: 5 }));
      const all = numbers(env, 'a').union(numbers(env, 'b'), numbers(env, 'c').rebalance());
      const sums = all.keyBy((n) => n % 2).reduce((a, b) => a + b);
      sums.uid('sums').setMaxParallelism(64).broadcast().map(String).disableChaining().collect('sums');
    };
    expect(firstDifference(graphOf(write), graphOf(write))).toBeNull();
  });

  it('an operator takes the slot sharing group of its inputs if all are the same; a task is of one group', () => {
    const { program, stream } = build((env) => {
      const own = numbers(env, 'a').slotSharingGroup('own');
      const other = numbers(env, 'b').slotSharingGroup('other');
      const mapped = own.map(String).name('as its input');
      mapped.union(own.map(String).name('second')).map(String).name('of one group twice').print();
      mapped.union(other.map(String)).map(String).name('of two groups').print();
      mapped.map(String).name('back').slotSharingGroup('default').print();
      mapped.print().name('a sink').slotSharingGroup('sinks');
    });
    const groups = Object.fromEntries(stream.nodes.map(({ name, slotSharingGroup }) => [name, slotSharingGroup]));
    expect(groups).toMatchObject({
      ...{ a: 'own', 'as its input': 'own', second: 'own', 'of one group twice': 'own' },
      ...{ 'of two groups': 'default', back: 'default', 'a sink': 'sinks' },
    });
    const groupOf = new Map(stream.nodes.map(({ uid, slotSharingGroup }) => [uid, slotSharingGroup]));
    for (const { operators } of program.graph.vertices)
      expect(new Set(operators.map(({ uid }) => groupOf.get(uid))).size).toBe(1);
  });

  it('without chaining every operator is a task of its own', () => {
    const graph = graphOf((env) => numbers(env.disableOperatorChaining()).map(String).map(String).print());
    expect(graph.vertices.map(({ operators }) => operators.length)).toEqual([1, 1, 1, 1]);
  });

  it('an operator sets the buffer timeout of what leaves it, at the end of a chain and aside', () => {
    const graph = graphOf((env) => {
      const stream = numbers(env.setBufferTimeout(null)).map(String).setBufferTimeout(0);
      stream.rebalance().print();
      stream.map(String).disableChaining().setBufferTimeout(null).print();
    });
    expect(graph.options.bufferTimeoutMs).toBeNull();
    expect(graph.edges.map(({ bufferTimeoutMs }) => bufferTimeoutMs)).toEqual([0, 0, null]);
    expect(refusal((env) => numbers(env).setBufferTimeout(1.5).print()).code).toBe('OPTION_RANGE');
  });

  it('joins equal parallelism by forward, different parallelism by rebalance, and keeps what is asked for', () => {
    const graph = graphOf((env) => {
      env.setParallelism(2);
      const stream = numbers(env).disableChaining();
      stream.map(String).name('forward').print();
      stream.map(String).name('rebalance').setParallelism(1).print().setParallelism(1);
      stream.broadcast().map(String).name('broadcast').print();
      stream
        .rebalance()
        .keyBy((n) => n)
        .map(String)
        .name('hash')
        .print();
      stream
        .keyBy((n) => n)
        .union(stream)
        .map(String)
        .name('hash and forward')
        .print();
    });
    const named = (id: string) => graph.vertices.find((vertex) => vertex.id === id)?.operators[0]?.name;
    expect(graph.edges.map(({ to, partitioner }) => `${named(to)}: ${partitioner}`)).toEqual([
      'forward: forward',
      'rebalance: rebalance',
      'broadcast: broadcast',
      'hash: hash',
      'hash and forward: hash',
      'hash and forward: forward',
    ]);
  });

  it('gives keyed operators the key, and others none', () => {
    const { program } = build((env) => {
      const keyed = numbers(env).keyBy((n) => n % 2);
      keyed
        .reduce((a, b) => a + b)
        .uid('sums')
        .print();
      keyed
        .union(keyed)
        .process({ processElement: () => undefined })
        .uid('seen')
        .print();
    });
    const stageOf = (id: string) => program.vertices.get(id)?.stages[0];
    expect(stageOf('sums')).toMatchObject({ kind: 'operator', key: expect.any(Function) });
    expect(stageOf('seen')).toMatchObject({ kind: 'operator', key: null });
    expect([...program.edgeKeys.keys()]).toEqual(['numbers--sums', 'numbers--seen', 'numbers--seen--2']);
  });

  it('knows which operators keep state and which commit', () => {
    const graph = graphOf((env) => {
      const stream = numbers(env);
      stream.print();
      stream.collect('all');
    });
    const operators = graph.vertices.flatMap((vertex) => vertex.operators);
    expect(operators.map(({ uid, kind, stateful, commits }) => ({ uid, kind, stateful, commits }))).toEqual([
      { uid: 'numbers', kind: 'source', stateful: true, commits: false },
      { uid: 'print-2', kind: 'sink', stateful: false, commits: false },
      { uid: 'collect-all', kind: 'sink', stateful: true, commits: true },
    ]);
  });

  it('refuses union of streams of two jobs', () => {
    let other: DataStream<number> | undefined;
    build((env) => {
      other = numbers(env);
      other.print();
    });
    expect(
      refusal((env) =>
        numbers(env)
          .union(other as DataStream<number>)
          .print(),
      ).code,
    ).toBe('UNION_ENVIRONMENTS');
  });

  it('refuses forward between different parallelism, and a job without a sink', () => {
    expect(refusal((env) => numbers(env).forward().map(String).setParallelism(2).print()).code).toBe(
      'FORWARD_PARALLELISM',
    );
    expect(refusal((env) => void numbers(env).keyBy((n) => n)).code).toBe('JOB_EMPTY');
    expect(refusal((env) => numbers(env.setParallelism(0)).print()).code).toBe('PARALLELISM_RANGE');
  });

  it('takes the options of the environment, and the defaults of what is left out', () => {
    const { options } = graphOf((env) => {
      env.enableCheckpointing({ intervalMs: 100, minPauseMs: 10 }).setBufferTimeout(3);
      env.setRestartStrategy(fixedDelay({ attempts: 1, delayMs: 0 }));
      numbers(env).print();
    });
    expect(options).toEqual({
      checkpointIntervalMs: 100,
      checkpointTimeoutMs: 600_000,
      checkpointMinPauseMs: 10,
      tolerableFailedCheckpoints: 0,
      restart: { kind: 'fixedDelay', attempts: 1, delayMs: 0 },
      bufferTimeoutMs: 3,
      allowRollback: false,
      stateBackend: 'heap',
    });
  });
});

describe('restart strategies and checkpoints of a job', () => {
  const optionsOf = (write: (env: StreamEnvironment) => void) =>
    graphOf((env) => {
      write(env);
      numbers(env).print();
    }).options;

  it('with checkpoints it is restarted with growing delays, without them its first failure ends it', () => {
    expect(optionsOf(() => undefined).restart).toEqual({ kind: 'none' });
    expect(optionsOf((env) => env.enableCheckpointing({ intervalMs: 1 })).restart).toEqual(exponentialDelay());
    expect(
      optionsOf((env) => env.setRestartStrategy(noRestart()).enableCheckpointing({ intervalMs: 1 })).restart,
    ).toEqual({
      kind: 'none',
    });
  });

  it('what is left out of a strategy is as Flink has it', () => {
    expect(exponentialDelay({ attempts: 7 })).toEqual({
      kind: 'exponentialDelay',
      delayMs: 1_000,
      delayMaxMs: 60_000,
      multiplier: 1.5,
      jitter: 0.1,
      resetAfterMs: 3_600_000,
      attempts: 7,
    });
    expect(fixedDelay()).toEqual({ kind: 'fixedDelay', attempts: 1, delayMs: 1_000 });
    expect(failureRate()).toEqual({ kind: 'failureRate', failuresMax: 1, intervalMs: 60_000, delayMs: 1_000 });
  });

  it('takes how many checkpoints are kept, for how long, and how barriers are aligned', () => {
    const options = optionsOf((env) =>
      env.enableCheckpointing({
        intervalMs: 1,
        mode: 'atLeastOnce',
        retained: 3,
        externalized: 'retainOnCancellation',
        allowRollback: true,
      }),
    );
    expect(options).toMatchObject({
      checkpointMode: 'atLeastOnce',
      retainedCheckpoints: 3,
      externalizedCheckpoints: 'retainOnCancellation',
      allowRollback: true,
    });
  });

  it.each([
    ['retained', () => optionsOf((env) => env.enableCheckpointing({ intervalMs: 1, retained: 0 }))],
    ['mode', () => optionsOf((env) => env.enableCheckpointing({ intervalMs: 1, mode: 'once' as never }))],
    [
      'externalized',
      () => optionsOf((env) => env.enableCheckpointing({ intervalMs: 1, externalized: 'all' as never })),
    ],
    ['multiplier', () => exponentialDelay({ multiplier: 0.5 })],
    ['jitter', () => exponentialDelay({ jitter: Number.NaN })],
    ['delayMaxMs', () => exponentialDelay({ delayMs: 2, delayMaxMs: 1 })],
    ['failuresMax', () => failureRate({ failuresMax: 0 })],
  ])('refuses %s out of its range', (option, write) => {
    expect(write).toThrow(new RegExp(`${option} is `));
  });
});

describe('parameters of a job', () => {
  it('are read by name', () => {
    const read = (params: readonly string[], name: string, fallback?: string) => {
      let value: string | undefined;
      build((env) => {
        value = env.param(name, fallback);
        numbers(env).print();
      }, params);
      return value;
    };
    expect(read(['--input', 'a.csv'], 'input')).toBe('a.csv');
    expect(read(['--input=a=b'], 'input')).toBe('a=b');
    expect(read(['--input', 'a', '--input', 'b'], 'input')).toBe('b');
    expect(read([], 'input', 'c')).toBe('c');
  });

  it('say what to type when they are missing', () => {
    expect(refusal((env) => void env.param('input'))).toMatchObject({
      code: 'PARAM_MISSING',
      message: 'Parameter --input is missing. Give it after two dashes: -- --input <value>.',
    });
    expect(refusal((env) => void env.param('input'), ['--input', '--other']).code).toBe('PARAM_MISSING');
  });
});
