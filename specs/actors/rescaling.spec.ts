import { describe, expect, it } from 'vitest';
import { decideScale, reactiveParallelism } from '../../actors/job-master/scaling.js';
import type { JobGraph, JobVertex } from '../../actors/protocol/job-graph.js';
import { defaultJobOptions } from '../../actors/protocol/job-graph.js';
import type { RescaleWish } from '../../actors/protocol/scaling.js';
import {
  atParallelism,
  defaultReactiveOptions,
  parallelismOf,
  scaleEnd,
  scaleKey,
  scaleRecord,
} from '../../actors/protocol/scaling.js';

const vertex = (id: string, parallelism: number, maxParallelism = 128): JobVertex => ({
  id,
  name: `${id} name`,
  parallelism,
  maxParallelism,
  operators: [{ uid: `${id}-uid`, name: `${id} operator`, kind: 'transform', commits: false, stateful: true }],
});

/** Lines, and what is forward of them; counts behind a hash edge; one subtask that sees all. */
const graph: JobGraph = {
  name: 'flights',
  vertices: [vertex('lines', 2), vertex('parsed', 2, 8), vertex('counts', 4), vertex('all', 1, 1)],
  edges: [
    { id: 'e1', from: 'lines', to: 'parsed', partitioner: 'forward', input: 0, side: null },
    { id: 'e2', from: 'parsed', to: 'counts', partitioner: 'hash', input: 0, side: null },
    { id: 'e3', from: 'counts', to: 'all', partitioner: 'hash', input: 0, side: null },
  ],
  options: defaultJobOptions,
};

const wish = (targets: Readonly<Record<string, number>>, all: number | null = null): RescaleWish => ({
  request: 'r',
  targets: Object.entries(targets).map(([name, parallelism]) => ({ vertex: name, parallelism })),
  all,
  wait: false,
});

const scaled = (targets: Readonly<Record<string, number>>, all: number | null = null): unknown => {
  const decided = decideScale(graph, wish(targets, all));
  return decided.kind === 'scale' ? decided.parallelism : decided.failure;
};

describe('rescaling: what a wish means', () => {
  it('names a vertex by its id, or by the uid or name of one of its operators', () => {
    for (const name of ['counts', 'counts-uid', 'counts operator', 'counts name']) {
      expect(scaled({ [name]: 8 })).toEqual({ lines: 2, parsed: 2, counts: 8, all: 1 });
    }
  });

  it('vertices that a forward edge joins go together, and it is said which', () => {
    const decided = decideScale(graph, wish({ lines: 5 }));
    expect(decided).toMatchObject({
      parallelism: { lines: 5, parsed: 5, counts: 4, all: 1 },
      changes: [
        { vertex: 'lines', from: 2, to: 5, joined: false },
        { vertex: 'parsed', from: 2, to: 5, joined: true },
      ],
    });
    expect(scaled({ lines: 5, parsed: 3 })).toMatchObject({ code: 'PARALLELISM_INVALID' });
    expect(scaled({ lines: 5, parsed: 5 })).toMatchObject({ lines: 5, parsed: 5 });
  });

  it('all: everything that can be parallel', () => {
    expect(scaled({}, 3)).toEqual({ lines: 3, parsed: 3, counts: 3, all: 1 });
    expect(scaled({ counts: 6 }, 3)).toEqual({ lines: 3, parsed: 3, counts: 6, all: 1 });
  });

  it('refuses what is out of range, also of one that is joined, and what names none or several', () => {
    expect(scaled({ counts: 129 })).toMatchObject({ code: 'PARALLELISM_INVALID' });
    expect(scaled({ counts: 0 })).toMatchObject({ code: 'PARALLELISM_INVALID' });
    expect(scaled({ lines: 9 })).toMatchObject({ message: expect.stringContaining("'parsed name' cannot have") });
    expect(scaled({ all: 2 })).toMatchObject({ message: expect.stringContaining('runs as one subtask') });
    expect(scaled({ count: 2 })).toMatchObject({
      code: 'VERTEX_UNKNOWN',
      message: "No operator has the uid or the name 'count'. There are lines-uid, parsed-uid, counts-uid, all-uid.",
    });
  });

  it('what it has already is no change', () => {
    expect(decideScale(graph, wish({ counts: 4 }))).toMatchObject({ kind: 'scale', changes: [] });
  });
});

describe('rescaling: a reactive job', () => {
  it('is as wide as slots, key groups and its options allow', () => {
    const at = (slots: number, parallelismMax: number | null) =>
      reactiveParallelism(graph, slots, { ...defaultReactiveOptions, parallelismMax });
    expect(at(3, null)).toEqual({ lines: 3, parsed: 3, counts: 3, all: 1 });
    expect(at(20, null)).toEqual({ lines: 8, parsed: 8, counts: 20, all: 1 });
    expect(at(20, 5)).toEqual({ lines: 5, parsed: 5, counts: 5, all: 1 });
  });
});

describe('rescaling: the record', () => {
  it('gives the graph as it runs', () => {
    expect(parallelismOf(atParallelism(graph, { lines: 1, parsed: 1, counts: 2, all: 1 }))).toEqual({
      lines: 1,
      parsed: 1,
      counts: 2,
      all: 1,
    });
    expect(atParallelism(graph, null)).toBe(graph);
  });

  it('what the store holds is input', () => {
    const record = { format: 1, job: 'flights', index: 2, request: 'r', parallelism: {}, changes: [] };
    expect(scaleRecord(record, 'flights', 2)).toBe(record);
    for (const other of [null, 'x', { ...record, index: 3 }, { ...record, job: 'x' }, { ...record, parallelism: 1 }]) {
      expect(scaleRecord(other, 'flights', 2)).toBeNull();
    }
    expect(scaleEnd([scaleKey('flights', 0), scaleKey('flights', 11), 'jobs/flights/scale/x'], 'flights')).toBe(12);
    expect(scaleEnd([], 'flights')).toBe(0);
  });
});
