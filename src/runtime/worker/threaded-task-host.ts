import type { Allocation } from '../../../actors/protocol/ids.js';
import { actorNames, sameAllocation } from '../../../actors/protocol/ids.js';
import type { SlotMessage } from '../../../actors/slot/messages.js';
import type { TaskEffect, TaskHost } from '../../ports/task-host.js';
import { type LoadEffect, SlotThread, type ThreadPorts } from './slot-thread.js';

export interface ThreadedTaskHost extends TaskHost {
  /** Settles after `terminate`, when no thread is left. */
  readonly ended: Promise<void>;
}

/**
 * Creates the data plane of a process whose slots run in threads of their own: a fresh one for each load, so that nothing of a job's
 * module globals outlives a run, and code that never returns can be ended. The calling thread runs no code of jobs.
 *
 * A native addon that code in slots may load has to be loaded by this thread before the first slot is: with its last user an addon
 * is unloaded, and a thread that is ended in the middle of a call into it would take the process down. msgpackr's is, by importing it, and LevelDB's by
 * `slotThreads`.
 */
export function createThreadedTaskHost(ports: ThreadPorts): ThreadedTaskHost {
  return new ThreadTaskHost(ports);
}

class ThreadTaskHost implements ThreadedTaskHost {
  readonly ended: Promise<void>;
  /** What each slot holds. */
  private readonly slots = new Map<number, SlotThread>();
  /** Also those that are ending. */
  private readonly threads = new Set<SlotThread>();
  private terminated = false;
  private resolveEnded: () => void = () => undefined;

  constructor(private readonly ports: ThreadPorts) {
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
  }

  perform(effect: TaskEffect): void {
    if (this.terminated) return;
    switch (effect.kind) {
      case 'slot.load':
        return this.load(effect);
      case 'slot.unload':
        return this.unload(effect);
      default: {
        const thread = this.slots.get(effect.slot);
        if (thread?.allocation.run === effect.run) thread.perform(effect);
      }
    }
  }

  terminate(): void {
    this.terminated = true;
    for (const thread of [...this.threads]) thread.terminate();
    this.settle();
  }

  private load(effect: LoadEffect): void {
    this.slots.get(effect.slot)?.terminate();
    this.ports.counted?.(effect.slot, null);
    const thread = new SlotThread(this.ports, effect, (gone) => this.remove(gone));
    this.slots.set(effect.slot, thread);
    this.threads.add(thread);
    thread.begin();
  }

  private unload(effect: Extract<TaskEffect, { kind: 'slot.unload' }>): void {
    const thread = this.slots.get(effect.slot);
    if (thread !== undefined && sameAllocation(thread.allocation, effect.allocation)) thread.unload(effect);
    else this.tellUnloaded(effect.slot, effect.allocation);
  }

  private tellUnloaded(slot: number, allocation: Allocation): void {
    const message: SlotMessage = { type: 'slot.unloaded', allocation };
    this.ports.notify(actorNames.slot(slot), message);
  }

  private remove(thread: SlotThread): void {
    this.threads.delete(thread);
    if (this.slots.get(thread.slot) === thread) {
      this.slots.delete(thread.slot);
      this.ports.counted?.(thread.slot, null);
    }
    this.settle();
  }

  private settle(): void {
    if (this.terminated && this.threads.size === 0) this.resolveEnded();
  }
}
