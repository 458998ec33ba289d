import type { CheckpointId } from '../../../actors/protocol/ids.js';
import type { JobGraph, JobRecord, OperatorNode, Partitioner, SideOutput } from '../../../actors/protocol/job-graph.js';
import { defaultJobOptions } from '../../../actors/protocol/job-graph.js';
import type { Split } from '../../../actors/protocol/manifest.js';
import type { JobProgram, VertexProgram } from '../../../src/graph/job-program.js';
import type { Route } from '../../../src/graph/route.js';
import type { KeySelector, Operator, Settle, Stage } from '../../../src/operators/operator.js';
import type { Sink } from '../../../src/operators/sink.js';
import { SinkOperator } from '../../../src/operators/sink-operator.js';
import type { Batch, Source, SourceReader } from '../../../src/operators/source.js';

/** A vertex as specs write it. */
export interface TestVertex {
  readonly id: string;
  readonly parallelism?: number;
  readonly source?: Source;
  readonly stages: readonly Stage[];
}

export interface TestEdge {
  readonly from: string;
  readonly to: string;
  readonly partitioner: Partitioner;
  readonly key?: KeySelector;
  readonly route?: Route;
  readonly input?: number;
  readonly side?: SideOutput;
  readonly bufferTimeoutMs?: number | null;
}

export interface TestJob {
  readonly program: JobProgram;
  readonly graph: JobGraph;
  readonly record: JobRecord;
}

const maxParallelism = 16;

export function testJob(
  vertices: readonly TestVertex[],
  edges: readonly TestEdge[],
  bufferTimeoutMs: number | null = 10,
): TestJob {
  const graph: JobGraph = {
    name: 'test',
    vertices: vertices.map(({ id, parallelism = 1, source, stages }) => ({
      id,
      name: id,
      parallelism,
      maxParallelism,
      operators: [
        ...(source === undefined ? [] : [node(`${id}-source`, source.name, 'source')]),
        ...stages.map(({ uid, name }) => node(uid, name, 'transform')),
      ],
    })),
    edges: edges.map((edge) => {
      const { from, to, partitioner, input = 0, side = null } = edge;
      const own = edge.bufferTimeoutMs === undefined ? {} : { bufferTimeoutMs: edge.bufferTimeoutMs };
      return { id: idOf(edge), from, to, partitioner, input, side, ...own };
    }),
    options: { ...defaultJobOptions, bufferTimeoutMs },
  };
  const programs = vertices.map(({ id, source, stages }): [string, VertexProgram] => [
    id,
    { source: source === undefined ? null : { uid: `${id}-source`, source }, stages },
  ]);
  const edgeKeys = edges.flatMap((edge): [string, KeySelector][] =>
    edge.key === undefined ? [] : [[idOf(edge), edge.key]],
  );
  const edgeRoutes = edges.flatMap((edge): [string, Route][] =>
    edge.route === undefined ? [] : [[idOf(edge), edge.route]],
  );
  const program: JobProgram = {
    graph,
    vertices: new Map(programs),
    edgeKeys: new Map(edgeKeys),
    edgeRoutes: new Map(edgeRoutes),
  };
  const record: JobRecord = { format: 1, job: 'test', graph, code: 'none', params: [] };
  return { program, graph, record };
}

const idOf = ({ from, to, side }: TestEdge): string =>
  side === undefined ? `${from}>${to}` : `${from}/${side.tag}>${to}`;

const node = (uid: string, name: string, kind: OperatorNode['kind']): OperatorNode => ({
  uid,
  name,
  kind,
  commits: false,
  stateful: true,
});

export const map = (uid: string, fn: (value: never) => unknown): Stage => ({ kind: 'map', uid, name: uid, fn });
export const filter = (uid: string, fn: (value: never) => boolean): Stage => ({ kind: 'filter', uid, name: uid, fn });
export const flatMap = (uid: string, fn: (value: never) => Iterable<unknown>): Stage => ({
  kind: 'flatMap',
  uid,
  name: uid,
  fn,
});
export const operator = (uid: string, create: () => Operator<never, never>, key: KeySelector | null = null): Stage => ({
  kind: 'operator',
  uid,
  name: uid,
  create: create as () => Operator,
  key,
});

/** What is left of a split: numbers from `next` to before `end`. */
export interface Range {
  readonly next: number;
  readonly end: number;
}

export const ranges = (...sizes: readonly number[]): readonly Split[] =>
  sizes.map((size, index) => ({ id: `r${index}`, data: { next: index * 1_000_000, end: index * 1_000_000 + size } }));

/** Reads ranges of numbers, one split after the other; a number is its own timestamp. */
export class RangeSource implements Source<number> {
  readonly name = 'ranges';

  constructor(
    private readonly batchRecordsMax = 10,
    private readonly watermarks = true,
  ) {}

  discover(): void {
    throw new Error('specs hand out the splits themselves');
  }

  createReader(): SourceReader<number> {
    const splits: { id: string; data: Range }[] = [];
    let noMore = false;
    const { batchRecordsMax, watermarks } = this;
    return {
      addSplits: (added) => splits.push(...(added as typeof splits)),
      noMoreSplits: () => {
        noMore = true;
      },
      poll: (recordsMax): Batch<number> | 'needsSplit' | 'finished' => {
        const split = splits[0];
        if (split === undefined) return noMore ? 'finished' : 'needsSplit';
        const { next, end } = split.data;
        const count = Math.min(recordsMax, batchRecordsMax, end - next);
        const values = Array.from({ length: count }, (_, index) => next + index);
        if (next + count === end) splits.shift();
        else splits[0] = { id: split.id, data: { next: next + count, end } };
        return { values, timestamps: [...values], watermark: watermarks && count > 0 ? next + count - 1 : null };
      },
      snapshot: () => splits.map((split) => ({ ...split })),
      close: () => undefined,
    };
  }
}

/** What sinks of a job have committed, and what they hold for it: the outside world, which outlives attempts. */
export class Outside {
  readonly committed: unknown[] = [];
  private readonly seen = new Set<string>();

  commit(id: string, values: readonly unknown[]): void {
    if (this.seen.has(id)) return;
    this.seen.add(id);
    this.committed.push(...values);
  }
}

interface Transaction {
  readonly id: string;
  readonly values: readonly unknown[];
}

/** A sink that commits in two phases into `outside`, each transaction once. */
export const transactionalSink = (uid: string, outside: Outside): Stage =>
  operator(uid, () => new SinkOperator<unknown, Transaction>(transactions(outside)) as Operator<never, never>);

const transactions = (outside: Outside): Sink<unknown, Transaction> => ({
  name: 'transactions',
  createWriter: ({ run, subtaskIndex, uid }) => {
    let values: unknown[] = [];
    let prepared: Transaction[] = [];
    return {
      write: (value) => {
        values.push(value);
      },
      ready: () => true,
      prepare: (checkpoint: CheckpointId) => {
        if (values.length > 0)
          prepared.push({ id: `${uid}/${run}/${subtaskIndex}/${checkpoint.epoch}-${checkpoint.n}`, values });
        values = [];
        return 'done';
      },
      take: () => {
        const taken = prepared;
        prepared = [];
        return taken;
      },
      commit: (committables) => {
        for (const { id, values: content } of committables) outside.commit(id, content);
        return 'done';
      },
      abortOthers: (_committed, _settle: Settle) => 'done',
      close: () => undefined,
    };
  },
});
