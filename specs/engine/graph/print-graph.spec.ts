import { describe, expect, it } from 'vitest';
import { buildJobProgram } from '../../../src/graph/build-job-program.js';
import { printGraph } from '../../../src/graph/print/print-graph.js';
import { by, sink, streamGraph } from './stream-graphs.js';

const stream = streamGraph([
  { uid: 'flights', name: 'flights', operation: 'file', kind: 'source', stateful: true },
  { uid: 'filter-2', uidGiven: false, name: 'filter', operation: 'filter' },
  {
    ...{ uid: 'delays', name: 'delays "by" airport', operation: 'reduce', stateful: true },
    ...{ parallelism: 2, inputs: [by('hash', 2)] },
  },
  { ...sink, uid: 'out', name: 'out', stateful: true, commits: true, parallelism: 2, inputs: [by('forward', 3)] },
  { ...sink, uid: 'print-5', name: 'print', uidGiven: false, inputs: [by('rebalance', 3)] },
]);
const graphs = { stream, job: buildJobProgram(stream).graph };

describe('printGraph', () => {
  it('names a slot sharing group that is not the usual one, and counts the slots of all', () => {
    const nodes = [{ uid: 'a' }, { uid: 'b', slotSharingGroup: 'own', parallelism: 2, inputs: [by('hash', 1)] }];
    const grouped = streamGraph([...nodes, { ...sink, uid: 'out', inputs: [by('rebalance', 2)] }]);
    const drawn = { stream: grouped, job: buildJobProgram(grouped).graph };
    for (const kind of ['stream', 'job', 'execution'] as const) {
      const text = printGraph(drawn, kind, 'text');
      expect(text).toContain(kind === 'stream' ? "●  b  ×2  slots of 'own'" : "●  b  ×2  max 128  slots of 'own'");
      expect(text.match(/slots of/g)).toHaveLength(1);
      if (kind !== 'stream') expect(text).toContain('needs 3 slots');
    }
  });

  it('shows a stream graph as it is written', () => {
    expect(`\n${printGraph(graphs, 'stream', 'text')}\n`).toBe(`
job
stream graph: 5 operators, as written

●  flights  ×1
│  file    flights              state    job.ts:1:1
└─▶ filter-2  (forward)

●  filter-2  ×1
│  filter  filter                        job.ts:2:1
└─▶ delays  (hash)

●  delays  ×2
│  reduce  delays "by" airport  state    job.ts:3:1
├─▶ out  (forward)
└─▶ print-5  (rebalance)

●  out  ×2
   print   out                  commits  job.ts:4:1

●  print-5  ×1
   print   print                         job.ts:5:1
`);
  });

  it('shows a job graph with its chains', () => {
    expect(`\n${printGraph(graphs, 'job', 'text')}\n`).toBe(`
job
job graph: 4 vertices, 5 operators, needs 2 slots

●  flights  ×1
│  source     flights              state
│  transform  filter
└─▶ delays  (hash)

●  delays  ×2  max 128
│  transform  delays "by" airport  state    uid delays
├─▶ out  (forward)
└─▶ print-5  (rebalance)

●  out  ×2
   sink       out                  commits

●  print-5  ×1
   sink       print
`);
  });

  it('shows an execution graph with its subtasks, key groups and channels', () => {
    expect(`\n${printGraph(graphs, 'execution', 'text')}\n`).toBe(`
job
execution graph: 6 subtasks, 6 channels, needs 2 slots

●  flights  ×1
│  flights#0
└─▶ delays  (hash, 2 channels)

●  delays  ×2  max 128
│  delays#0   key groups 0 to 63
│  delays#1   key groups 64 to 127
├─▶ out  (forward, 2 channels)
└─▶ print-5  (rebalance, 2 channels)

●  out  ×2
   out#0
   out#1

●  print-5  ×1
   print-5#0
`);
  });

  it('draws Mermaid, with the characters that Mermaid reads escaped', () => {
    expect(printGraph(graphs, 'job', 'mermaid').split('\n')).toEqual([
      'flowchart LR',
      '  b1["<b>flights</b> ×1<br/>source flights state<br/>transform filter"]',
      '  b2["<b>delays</b> ×2 max 128<br/>transform delays #quot;by#quot; airport state uid delays"]',
      '  b3["<b>out</b> ×2<br/>sink out commits"]',
      '  b4["<b>print-5</b> ×1<br/>sink print"]',
      '  b1 -->|hash| b2',
      '  b2 -->|forward| b3',
      '  b2 -->|rebalance| b4',
    ]);
    expect(printGraph(graphs, 'execution', 'mermaid').split('\n')).toEqual([
      ...['flowchart LR', '  subgraph v1 ["flights"]', '    s1["flights#35;0"]', '  end'],
      ...['  subgraph v2 ["delays"]', '    s2["delays#35;0"]', '    s3["delays#35;1"]', '  end'],
      ...['  subgraph v3 ["out"]', '    s4["out#35;0"]', '    s5["out#35;1"]', '  end'],
      ...['  subgraph v4 ["print-5"]', '    s6["print-5#35;0"]', '  end'],
      ...['  s1 --> s2', '  s1 --> s3', '  s2 --> s4', '  s3 --> s5', '  s2 --> s6', '  s3 --> s6'],
    ]);
  });

  it('gives JSON that says the same: the job graph is what is deployed', () => {
    expect(JSON.parse(printGraph(graphs, 'job', 'json'))).toEqual(graphs.job);
    expect(JSON.parse(printGraph(graphs, 'stream', 'json')).nodes[2]).toMatchObject({
      uid: 'delays',
      parallelism: 2,
      inputs: [{ from: 2, partitioner: 'hash', input: 0, tag: null }],
    });
    expect(JSON.parse(printGraph(graphs, 'execution', 'json')).channels[0]).toEqual({
      edge: 'flights--delays',
      from: 'flights#0',
      to: 'delays#0',
    });
  });
});
