import { failure } from '../../actors/kernel/failure.js';
import { invariant } from '../../actors/kernel/invariant.js';
import type { Allocation, SubtaskKey } from '../../actors/protocol/ids.js';
import { actorNames, sameAllocation } from '../../actors/protocol/ids.js';
import type { SlotMessage } from '../../actors/slot/messages.js';
import { firstDifference } from '../graph/first-difference.js';
import type { JobProgram } from '../graph/job-program.js';
import type { MemoryUse, SubtaskCounts } from '../ports/subtask-counts.js';
import type { TaskEffect, TaskHost } from '../ports/task-host.js';
import type { Barrier } from './elements.js';
import { ColumnCodec } from './frame/column-codec.js';
import { frameBytesCap, headerBytes } from './frame/frame-header.js';
import { type SlotInspection, SlotRuntime } from './slot/slot-runtime.js';
import { TaskFailure } from './task-failure.js';
import type { TaskHostPorts } from './task-host-ports.js';
import { defaultTaskOptions, type TaskOptions } from './task-options.js';
import type { TaskCommand } from './tasklet-state.js';

export interface InspectableTaskHost extends TaskHost {
  /** What every loaded slot is doing: plain data, made anew at each call. */
  inspect(): readonly SlotInspection[];
  /** What the subtasks of every loaded slot have done so far. */
  counts(): readonly SubtaskCounts[];
  /** What the managed memory of every loaded slot is used for. */
  memory(): readonly MemoryUse[];
  /** The subtask whose code runs at this moment; null between turns. */
  atWork(): SubtaskKey | null;
}

type LoadEffect = Extract<TaskEffect, { kind: 'slot.load' }>;

/** What a slot holds: the load of a run that is still under way, or the run itself. */
interface Held {
  readonly allocation: Allocation;
  runtime: SlotRuntime | null;
}

/** Creates the data plane of one process, for any number of slots. */
export function createTaskHost(ports: TaskHostPorts): InspectableTaskHost {
  return new SlotTaskHost(ports);
}

class SlotTaskHost implements InspectableTaskHost {
  private readonly slots = new Map<number, Held>();
  /** Counts the turns of each slot, over all runs that it holds. */
  private readonly progress = new Map<number, { count: number }>();
  private readonly options: TaskOptions;
  private readonly codec = new ColumnCodec();
  private terminated = false;

  constructor(private readonly ports: TaskHostPorts) {
    this.options = { ...defaultTaskOptions, ...ports.options };
    const { frameBytes } = this.options;
    invariant(frameBytes > headerBytes && frameBytes <= frameBytesCap, 'frameBytes is out of bounds', { frameBytes });
  }

  perform(effect: TaskEffect): void {
    if (this.terminated) return;
    switch (effect.kind) {
      case 'slot.load':
        return this.load(effect);
      case 'slot.unload':
        return this.unload(effect.slot, effect.allocation);
      case 'task.cancel':
        return this.taskletOf(effect)?.cancel();
      default:
        return this.taskletOf(effect)?.command(commandOf(effect));
    }
  }

  terminate(): void {
    this.terminated = true;
    for (const { runtime } of this.slots.values()) runtime?.abandon();
    this.slots.clear();
  }

  inspect(): readonly SlotInspection[] {
    return [...this.slots.values()].flatMap(({ runtime }) => (runtime === null ? [] : [runtime.inspect()]));
  }

  counts(): readonly SubtaskCounts[] {
    return [...this.slots.values()].flatMap(({ runtime }) => runtime?.counts() ?? []);
  }

  memory(): readonly MemoryUse[] {
    return [...this.slots.values()].flatMap(({ runtime }) => runtime?.memory() ?? []);
  }

  atWork(): SubtaskKey | null {
    for (const { runtime } of this.slots.values()) if (runtime?.atWork != null) return runtime.atWork;
    return null;
  }

  private load(effect: LoadEffect): void {
    const { slot, allocation, record, graph } = effect;
    this.slots.get(slot)?.runtime?.drop();
    const held: Held = { allocation, runtime: null };
    this.slots.set(slot, held);
    this.ports.code.load(record, (result) => {
      // Unloaded, or loaded again, in the meantime.
      if (this.slots.get(slot) !== held) return;
      if (!result.ok) return this.tell(slot, { type: 'slot.loadFailed', allocation, failure: result.failure });
      const difference = firstDifference(record.graph, result.program.graph);
      if (difference !== null) {
        return this.tell(slot, { type: 'slot.loadFailed', allocation, failure: graphMismatch(difference) });
      }
      try {
        // What was submitted is what was built; the run may have another parallelism.
        held.runtime = this.runtime(effect, { ...result.program, graph });
      } catch (error) {
        if (!(error instanceof TaskFailure)) throw error;
        return this.tell(slot, { type: 'slot.loadFailed', allocation, failure: error.failure });
      }
      this.tell(slot, { type: 'slot.loaded', allocation });
    });
  }

  private runtime({ slot, allocation, placement, graph }: LoadEffect, program: JobProgram): SlotRuntime {
    const { ports, options, codec } = this;
    const address = { process: ports.process, incarnation: ports.incarnation, slot };
    return new SlotRuntime({
      ports,
      options,
      codec,
      address,
      allocation,
      program,
      placement,
      stateBackend: graph.options.stateBackend,
      checkpointMode: graph.options.checkpointMode ?? 'exactlyOnce',
      progress: this.progressOf(slot),
    });
  }

  private unload(slot: number, allocation: Allocation): void {
    const held = this.slots.get(slot);
    if (held !== undefined && sameAllocation(held.allocation, allocation)) {
      this.slots.delete(slot);
      held.runtime?.drop();
    }
    this.tell(slot, { type: 'slot.unloaded', allocation });
  }

  private taskletOf({ slot, subtask, run }: Extract<TaskEffect, { subtask: string }>) {
    const held = this.slots.get(slot);
    return held?.allocation.run === run ? held.runtime?.tasklet(subtask) : undefined;
  }

  private progressOf(slot: number): { count: number } {
    const progress = this.progress.get(slot) ?? { count: 0 };
    this.progress.set(slot, progress);
    return progress;
  }

  private tell(slot: number, message: SlotMessage): void {
    if (!this.terminated) this.ports.notify(actorNames.slot(slot), message);
  }
}

function commandOf(effect: Exclude<TaskEffect, { kind: `slot.${string}` | 'task.cancel' }>): TaskCommand {
  switch (effect.kind) {
    case 'task.restore':
      return { kind: 'restore', plan: effect.plan };
    case 'task.rewind':
      return { kind: 'rewind' };
    case 'task.start':
      return { kind: 'start' };
    case 'task.stop':
      return { kind: 'stop' };
    case 'task.align':
      return { kind: 'align', limit: effect.limit };
    case 'task.assign':
      return { kind: 'assign', splits: effect.splits, noMore: effect.noMore };
    case 'task.trigger':
      return { kind: 'trigger', barrier: barrierOf(effect) };
    case 'task.complete':
      return { kind: 'complete', checkpoint: effect.checkpoint };
    case 'task.abort':
      return { kind: 'abort', checkpoint: effect.checkpoint };
  }
}

const barrierOf = ({ checkpoint, base, savepoint }: Extract<TaskEffect, { kind: 'task.trigger' }>): Barrier => ({
  kind: 'barrier',
  checkpoint,
  base,
  ...(savepoint === undefined ? {} : { savepoint }),
});

const graphMismatch = (difference: string) =>
  failure(
    'GRAPH_MISMATCH',
    'user',
    `the job's code builds another graph in this slot than the one that was submitted: ${difference}. ` +
      'Make the graph depend on nothing but the code and its parameters',
    'never',
  );
