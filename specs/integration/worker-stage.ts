import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResourceLimits, Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';
import type { AnyMessage } from '../../actors/kernel/message.js';
import { freshStart } from '../../actors/protocol/deployment.js';
import type { Failure } from '../../actors/protocol/failure.js';
import { actorNames, subtaskKey } from '../../actors/protocol/ids.js';
import type { JobRecord } from '../../actors/protocol/job-graph.js';
import { buildJob } from '../../src/api/job-definition.js';
import { engineModules, engineUrl } from '../../src/engine-modules.js';
import { type Bundle, bundleJob } from '../../src/runtime/code/bundle.js';
import { loadJob } from '../../src/runtime/code/load.js';
import { oneBundle } from '../../src/runtime/worker/bundle-store.js';
import { slotThreads } from '../../src/runtime/worker/slot-threads.js';
import { createThreadedTaskHost, type ThreadedTaskHost } from '../../src/runtime/worker/threaded-task-host.js';
import { nodeClock } from '../../src/runtime/world/clock.js';
import { nodeQueue } from '../../src/runtime/world/queue.js';
import { defaultStateFolder, ownStateFolder } from '../../src/runtime/world/state-folder.js';
import { MemoryBlobStore } from '../../src/storage/memory/memory-blob-store.js';
import { realUntil } from '../contracts/until.js';

export interface BundledJob {
  readonly bundle: Bundle;
  readonly record: JobRecord;
}

/** A folder that is removed at the end of the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'weirflow-worker-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The job whose text this is, as it would be submitted. */
export async function bundledJob(text: string, params: readonly string[] = []): Promise<BundledJob> {
  const path = join(temporaryFolder(), 'job.ts');
  writeFileSync(path, text);
  const bundle = await bundleJob(path, 'module', engineModules);
  const { graph } = buildJob(await loadJob(bundle, engineModules), params).program;
  return { bundle, record: { format: 1, job: graph.name, graph, code: bundle.key, params } };
}

/** Counts the threads of this process, from now on. */
export class LivingThreads {
  started = 0;
  private readonly living = new Set<Worker>();

  constructor() {
    const note = (worker: Worker): void => {
      this.started += 1;
      this.living.add(worker);
      worker.once('exit', () => this.living.delete(worker));
    };
    process.on('worker', note);
    onTestFinished(() => void process.off('worker', note));
  }

  get count(): number {
    return this.living.size;
  }
}

/** A source that never ends, as text of a job. */
export const endlessSource = `
const endless = {
  name: 'endless',
  discover: (_context, done) => done({ ok: true, splits: [{ id: 'all', data: null }] }),
  createReader: () => {
    let next = 0;
    return {
      addSplits: () => undefined,
      noMoreSplits: () => undefined,
      poll: (max) => ({
        values: Array.from({ length: max }, () => next++),
        timestamps: new Array(max).fill(0),
        watermark: null,
      }),
      snapshot: () => [],
      close: () => undefined,
    };
  },
};`;

const [stageProcess, stageIncarnation] = ['stage', '1'];

/** A threaded task host, driven as the actors of its process would. Subtask i of every vertex lives in slot i modulo slots. */
export class SlotStage {
  readonly heard: { readonly actor: string; readonly message: AnyMessage }[] = [];
  readonly lines: string[] = [];
  readonly host: ThreadedTaskHost;
  private run = 1;

  constructor(
    private readonly job: BundledJob,
    private readonly slots: number,
    limits: ResourceLimits = {},
  ) {
    const threads = slotThreads({
      engine: engineUrl,
      bundles: oneBundle(job.bundle),
      store: { kind: 'port' },
      state: { folder: ownStateFolder(defaultStateFolder()) },
      links: { kind: 'none' },
      limits,
    });
    this.host = createThreadedTaskHost({
      process: stageProcess,
      incarnation: stageIncarnation,
      clock: nodeClock,
      blobs: new MemoryBlobStore(nodeQueue),
      client: { line: (text) => this.lines.push(text), deliver: () => undefined },
      telemetry: { trace: () => undefined, task: () => undefined },
      notify: (actor, message) => this.heard.push({ actor, message }),
      options: {},
      threads,
    });
    onTestFinished(async () => {
      this.host.terminate();
      await this.host.ended;
    });
  }

  /** Goes on when every slot has loaded the job, or one could not. */
  async load(): Promise<void> {
    const { record } = this.job;
    const placement = Object.fromEntries(this.subtasks.map(({ subtask, slot }) => [subtask, this.address(slot)]));
    for (let slot = 0; slot < this.slots; slot++) {
      const { graph } = record;
      this.host.perform({ kind: 'slot.load', slot, allocation: this.allocation, record, graph, placement });
    }
    await realUntil(() => this.count('slot.loaded') === this.slots || this.count('slot.loadFailed') > 0);
  }

  /** Goes on when every subtask has been told to start. */
  async start(): Promise<void> {
    const { subtasks, run } = this;
    for (const { subtask, slot } of subtasks) this.restore(subtask, slot);
    await realUntil(() => this.count('task.restored') === subtasks.length);
    for (const { subtask, slot } of subtasks) this.host.perform({ kind: 'task.rewind', slot, subtask, run });
    await realUntil(() => this.count('task.rewound') === subtasks.length);
    for (const { subtask, slot, isSource } of subtasks) {
      this.host.perform({ kind: 'task.start', slot, subtask, run });
      const splits = [{ id: subtask, data: null }];
      if (isSource) this.host.perform({ kind: 'task.assign', slot, subtask, run, splits, noMore: true });
    }
  }

  restore(subtask: string, slot: number): void {
    this.host.perform({ kind: 'task.restore', slot, subtask, run: this.run, plan: freshStart });
  }

  cancel(subtask: string, slot: number): void {
    this.host.perform({ kind: 'task.cancel', slot, subtask, run: this.run });
  }

  /** Goes on when every slot is free again; what is loaded next is another run. */
  async unload(): Promise<void> {
    for (let slot = 0; slot < this.slots; slot++) {
      this.host.perform({ kind: 'slot.unload', slot, allocation: this.allocation });
    }
    await realUntil(() => this.count('slot.unloaded') === this.slots);
    this.run += 1;
    this.heard.length = 0;
    this.lines.length = 0;
  }

  count(type: string): number {
    return this.heard.filter(({ message }) => message.type === type).length;
  }

  /** What a subtask failed with, in order. */
  failuresOf(subtask: string): readonly Failure[] {
    const actor = actorNames.subtask(this.job.record.job, this.run, subtask);
    return this.failures(actor, 'task.failed');
  }

  loadFailuresOf(slot: number): readonly Failure[] {
    return this.failures(actorNames.slot(slot), 'slot.loadFailed');
  }

  get subtasks() {
    return this.job.record.graph.vertices.flatMap(({ id, parallelism, operators }) =>
      Array.from({ length: parallelism }, (_, index) => ({
        subtask: subtaskKey(id, index),
        slot: index % this.slots,
        isSource: operators[0]?.kind === 'source',
      })),
    );
  }

  private get allocation() {
    return { job: this.job.record.job, run: this.run, epoch: 1 };
  }

  private address(slot: number) {
    return { process: stageProcess, incarnation: stageIncarnation, slot };
  }

  private failures(actor: string, type: string): readonly Failure[] {
    const told = this.heard.filter((each) => each.actor === actor && each.message.type === type);
    return told.map(({ message }) => (message as unknown as { readonly failure: Failure }).failure);
  }
}
