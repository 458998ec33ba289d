import { freshStart } from '../../actors/protocol/deployment.js';
import { subtaskKey } from '../../actors/protocol/ids.js';
import type { JobGraph, JobRecord } from '../../actors/protocol/job-graph.js';
import type { Split } from '../../actors/protocol/manifest.js';
import type { JobProgram } from '../../src/graph/job-program.js';
import { nodeClock } from '../../src/runtime/world/clock.js';
import { nodeFiles } from '../../src/runtime/world/files.js';
import { nodeLoops } from '../../src/runtime/world/loops.js';
import { nodeOffload } from '../../src/runtime/world/offload.js';
import { nodeQueue } from '../../src/runtime/world/queue.js';
import { MemoryBlobStore } from '../../src/storage/memory/memory-blob-store.js';
import { MemoryKeyValueEngine } from '../../src/storage/memory/memory-key-value-engine.js';
import { createTaskHost } from '../../src/task/task-host.js';
import { MemoryDataLinks } from '../../src/transport/memory/memory-data-links.js';

/**
 * Runs a bounded job on a task host of its own, as the actors would: subtask i of every vertex in slot i. Resolves with the
 * milliseconds from the start of the first subtask until the last record has left the chain of the last vertex. Each subtask is given
 * the splits that `splitsOf` has for it.
 */
export function runJob(
  program: JobProgram,
  splitsOf: (subtask: string) => readonly Split[] = (subtask) => [{ id: subtask, data: null }],
): Promise<number> {
  const { graph } = program;
  const [process, incarnation] = ['bench', 'bench'];
  const allocation = { job: graph.name, run: 1, epoch: 1 };
  const subtasks = graph.vertices.flatMap(({ id, parallelism }) =>
    Array.from({ length: parallelism }, (_, slot) => ({ subtask: subtaskKey(id, slot), slot })),
  );
  const placement = Object.fromEntries(subtasks.map(({ subtask, slot }) => [subtask, { process, incarnation, slot }]));
  const record: JobRecord = { format: 1, job: graph.name, graph, code: 'none', params: [] };
  const slots = Math.max(...graph.vertices.map(({ parallelism }) => parallelism));
  return new Promise((resolve, reject) => {
    const left = new Map<string, number>([
      ['slot.loaded', slots],
      ['task.restored', subtasks.length],
      ['task.rewound', subtasks.length],
      ['task.drained', subtasks.length],
    ]);
    let startedMs = 0;
    const all = (kind: 'task.rewind' | 'task.start'): void => {
      for (const { subtask, slot } of subtasks) host.perform({ kind, slot, subtask, run: 1 });
    };
    const next: Readonly<Record<string, () => void>> = {
      'slot.loaded': () => {
        for (const { subtask, slot } of subtasks) {
          host.perform({ kind: 'task.restore', slot, subtask, run: 1, plan: freshStart });
        }
      },
      'task.restored': () => all('task.rewind'),
      'task.rewound': () => {
        startedMs = performance.now();
        all('task.start');
        for (const { subtask, slot } of subtasks) {
          host.perform({
            kind: 'task.assign',
            slot,
            subtask,
            run: 1,
            splits: splitsOf(subtask),
            noMore: true,
          });
        }
      },
      'task.drained': () => {
        const elapsedMs = performance.now() - startedMs;
        host.terminate();
        resolve(elapsedMs);
      },
    };
    const host = createTaskHost({
      process,
      incarnation,
      clock: nodeClock,
      loops: nodeLoops,
      links: new MemoryDataLinks(nodeQueue),
      blobs: new MemoryBlobStore(nodeQueue),
      files: nodeFiles,
      offload: nodeOffload,
      stores: new MemoryKeyValueEngine(nodeQueue),
      client: { line: () => undefined, deliver: () => undefined },
      code: { load: (_record, done) => nodeQueue(() => done({ ok: true, program })) },
      telemetry: { trace: () => undefined, task: () => undefined },
      notify: (_actor, message) => {
        if (message.type === 'task.failed' || message.type === 'slot.loadFailed')
          reject(new Error(JSON.stringify(message)));
        const missing = left.get(message.type);
        if (missing === undefined) return;
        left.set(message.type, missing - 1);
        if (missing === 1) nodeQueue(() => next[message.type]?.());
      },
      options: { development: false },
    });
    for (let slot = 0; slot < slots; slot++) {
      host.perform({ kind: 'slot.load', slot, allocation, record, graph: graph as JobGraph, placement });
    }
  });
}
