import { type TransferListItem, Worker } from 'node:worker_threads';
import type { InvariantViolation } from '../../../actors/kernel/invariant.js';
import type { Failure } from '../../../actors/protocol/failure.js';
import { failure } from '../../../actors/protocol/failure.js';
import type { Allocation, SlotAddress, SubtaskKey } from '../../../actors/protocol/ids.js';
import { actorNames } from '../../../actors/protocol/ids.js';
import type { SlotMessage } from '../../../actors/slot/messages.js';
import type { TaskEvent } from '../../../actors/subtask/messages.js';
import { thrownStack, thrownText } from '../../api/engine-error.js';
import type { Unlisten } from '../../ports/bus.js';
import type { Timer } from '../../ports/clock.js';
import type { CountsListener } from '../../ports/subtask-counts.js';
import type { TaskEffect } from '../../ports/task-host.js';
import type { TaskHostPorts } from '../../task/task-host-ports.js';
import type { Bundle } from '../code/bundle.js';
import { runsFromSources } from './built-module.js';
import { newOutputCounter, OutputWindow } from './output-window.js';
import { callStore } from './port-blob-store.js';
import type { SlotConfiguration } from './slot-configuration.js';
import type { ConsoleLine, FromSlot, ToSlot } from './slot-messages.js';
import type { SlotThreads } from './slot-threads.js';
import { slotName } from './thread-links.js';

export type LoadEffect = Extract<TaskEffect, { kind: 'slot.load' }>;
type UnloadEffect = Extract<TaskEffect, { kind: 'slot.unload' }>;
type SubtaskEffect = Extract<TaskEffect, { kind: `task.${string}` }>;

export type ThreadPorts = Pick<
  TaskHostPorts,
  'process' | 'incarnation' | 'clock' | 'blobs' | 'client' | 'telemetry' | 'notify' | 'options'
> & {
  readonly threads: SlotThreads;
  /** Absent: nobody wants to know. */
  readonly counted?: CountsListener;
  /** Absent: the console of a slot is that of this process. */
  readonly console?: (slot: number, allocation: Allocation, line: ConsoleLine) => void;
};

/** How long a thread that has been told to end may take for what it has under way, before it is ended by force. */
const endDeadlineMs = 250;

/**
 * The thread of one slot for one job run, as the main thread sees it. It ends when it is told to, or by itself: then the slot's load
 * or each of its subtasks fails with SLOT_WORKER_DIED (SLOT_OUT_OF_MEMORY when its heap was full), and so do those that are asked to restore afterwards.
 */
export class SlotThread {
  private worker: Worker | null = null;
  private readonly address: SlotAddress;
  private readonly window: OutputWindow;
  private readonly outputTaken = newOutputCounter();
  private detach: Unlisten = () => undefined;
  private loaded = false;
  private uncaught: unknown;
  private died: Failure | null = null;
  private unloading = false;
  private silent = false;
  private endTimer: Timer | null = null;

  constructor(
    private readonly ports: ThreadPorts,
    private readonly load: LoadEffect,
    /** Called once, when nothing of the thread is left. */
    private readonly gone: (thread: SlotThread) => void,
  ) {
    const { process, incarnation } = ports;
    this.address = { process, incarnation, slot: load.slot };
    this.window = new OutputWindow(this.outputTaken);
  }

  get slot(): number {
    return this.load.slot;
  }

  get allocation(): Allocation {
    return this.load.allocation;
  }

  /** Gets the job's bundle and starts the thread with it. */
  begin(): void {
    this.ports.threads.bundles.load(this.load.record, (result) => {
      if (this.silent || this.unloading) return;
      if (result.ok) this.start(result.bundle);
      else this.failLoad(result.failure);
    });
  }

  perform(effect: SubtaskEffect): void {
    if (this.died === null) this.post({ kind: 'perform', effect });
    else if (effect.kind === 'task.restore') this.failSubtask(effect.subtask, this.died);
    else if (effect.kind === 'task.cancel') this.tellSubtask(effect.subtask, { type: 'task.canceled' });
  }

  /** Lets operators close and files be written for a short while; `slot.unloaded` is told when the thread is gone. */
  unload(effect: UnloadEffect): void {
    if (this.unloading) return;
    this.unloading = true;
    if (this.worker === null) return this.finish();
    this.post({ kind: 'perform', effect });
    this.endTimer = this.ports.clock.setTimer(endDeadlineMs, () => this.force());
  }

  /** Ends it at once, without a word to anyone. */
  terminate(): void {
    this.silent = true;
    if (this.worker === null) this.finish();
    else this.force();
  }

  private start(bundle: Bundle): void {
    const { threads, process, incarnation, options } = this.ports;
    const { slot } = this.address;
    const workerData: SlotConfiguration = {
      process,
      incarnation,
      slot,
      run: this.load.allocation.run,
      options,
      bundle,
      engine: threads.engine.href,
      store: threads.store,
      state: threads.state,
      links: threads.links,
      tellsConsole: this.ports.console !== undefined,
      outputTaken: this.outputTaken,
    };
    const worker = startWorker(threads, `slot ${slot} of ${process}`, workerData);
    if (!(worker instanceof Worker)) return this.failLoad(notStarted(this.address, worker.thrown));
    this.worker = worker;
    worker.on('message', (messages: readonly FromSlot[]) => this.receive(messages));
    worker.on('error', (error) => {
      this.uncaught = error;
    });
    worker.on('exit', (code) => this.exited(code));
    this.detach = threads.switchboard.attach(this.address, (to, port) => this.post({ kind: 'linked', to, port }, port));
    this.post({ kind: 'perform', effect: this.load });
  }

  private post(message: ToSlot, ...transfers: readonly TransferListItem[]): void {
    this.worker?.postMessage(message, transfers);
  }

  private receive(messages: readonly FromSlot[]): void {
    for (const message of messages) if (!this.silent) this.take(message);
  }

  private take(message: FromSlot): void {
    const { client, telemetry, threads, blobs } = this.ports;
    switch (message.kind) {
      case 'notify':
        return this.pass(message);
      case 'line':
        client.line(message.text);
        return this.window.leave(message);
      case 'deliver':
        client.deliver(message.collection, message.id, message.values);
        return this.window.leave(message);
      case 'console':
        this.ports.console?.(this.slot, this.allocation, message.line);
        return this.window.leave(message);
      case 'counted':
        return this.ports.counted?.(this.slot, { allocation: this.allocation, ...message.counts });
      case 'traced':
        return telemetry.task(message.trace);
      case 'link':
        return threads.switchboard.connect(message.to, message.port);
      case 'store': {
        const { call, request } = message;
        return callStore(blobs, request, (result, ...bytes) =>
          this.post({ kind: 'storeAnswered', call, result }, ...bytes),
        );
      }
    }
  }

  /** That the slot is unloaded is told here, when the thread is gone too. */
  private pass({ actor, message }: Extract<FromSlot, { kind: 'notify' }>): void {
    if (message.type === 'slot.unloaded') return;
    if (message.type === 'slot.loaded') this.loaded = true;
    this.ports.notify(actor, message);
  }

  private exited(code: number): void {
    this.worker = null;
    this.detach();
    if (!this.silent && !this.unloading) this.die(code);
    else this.finish();
  }

  private die(code: number): void {
    this.died = workerDied(this.address, this.uncaught, code);
    if (!this.loaded) return this.failLoad(this.died);
    for (const subtask of this.subtasks()) this.failSubtask(subtask, this.died);
  }

  private failLoad(failed: Failure): void {
    const { allocation, slot } = this.load;
    const message: SlotMessage = { type: 'slot.loadFailed', allocation, failure: failed };
    this.ports.notify(actorNames.slot(slot), message);
  }

  private failSubtask(subtask: SubtaskKey, failed: Failure): void {
    this.tellSubtask(subtask, { type: 'task.failed', failure: failed });
  }

  private tellSubtask(subtask: SubtaskKey, event: TaskEvent): void {
    const { job, run } = this.load.allocation;
    this.ports.notify(actorNames.subtask(job, run, subtask), event);
  }

  private subtasks(): readonly SubtaskKey[] {
    const name = slotName(this.address);
    return Object.entries(this.load.placement).flatMap(([subtask, slot]) => (slotName(slot) === name ? [subtask] : []));
  }

  private force(): void {
    void this.worker?.terminate();
  }

  private finish(): void {
    this.endTimer?.cancel();
    if (!this.silent) {
      const { allocation, slot } = this.load;
      const message: SlotMessage = { type: 'slot.unloaded', allocation };
      this.ports.notify(actorNames.slot(slot), message);
    }
    this.gone(this);
  }
}

/** Where the operating system gives no more threads or memory, that is the trouble of this slot and not of the process. */
function startWorker({ worker, limits }: SlotThreads, name: string, workerData: SlotConfiguration): Worker | Thrown {
  try {
    return new Worker(worker, {
      name,
      workerData,
      resourceLimits: limits,
      // Among the options of a process that runs from sources is what turns TypeScript into JavaScript: a slot needs none of it.
      ...(runsFromSources ? { execArgv: [] } : {}),
    });
  } catch (thrown) {
    return { thrown };
  }
}

interface Thrown {
  readonly thrown: unknown;
}

const diedCode = 'SLOT_WORKER_DIED';
const fullCode = 'SLOT_OUT_OF_MEMORY';

function notStarted({ process, slot }: SlotAddress, thrown: unknown): Failure {
  const what = `The thread of slot ${slot} of ${process} could not be started: ${thrownText(thrown)}.`;
  return failure(diedCode, 'infrastructure', `${what} Look at the limits of this process, or give it fewer slots.`);
}

/**
 * A thread ends by itself through code of the job: it calls process.exit, fills the heap, or throws where nobody catches. So these count
 * as failures of the job. What the engine says of itself keeps its domain.
 */
function workerDied({ process, slot }: SlotAddress, uncaught: unknown, exitCode: number): Failure {
  const thread = `The thread of slot ${slot} of ${process}`;
  if (uncaught === undefined) {
    const message = `${thread} ended by itself with exit code ${exitCode}. Code of a job must not call process.exit.`;
    return failure(diedCode, 'user', message);
  }
  const isFull = isOutOfMemory(uncaught);
  const advice = isFull
    ? 'Its heap is full: keep less in state and in variables, spread the job over more slots, or give each slot a larger heap.'
    : 'Catch what callbacks and promises of the job throw, or let an operator throw it.';
  const message = `${thread} ended by itself: ${thrownText(uncaught)}. ${advice}`;
  return { ...failure(isFull ? fullCode : diedCode, domainOf(uncaught), message), stack: thrownStack(uncaught) };
}

/** An error that crosses from one thread to another keeps its fields and its name, and not its class. */
function domainOf(uncaught: unknown): Failure['domain'] {
  if (typeof uncaught !== 'object' || uncaught === null) return 'user';
  if ('name' in uncaught && uncaught.name === invariantName) return 'internal';
  const isEngines = 'code' in uncaught && typeof uncaught.code === 'string' && engineCodes.has(uncaught.code);
  return isEngines ? 'infrastructure' : 'user';
}

const invariantName: InvariantViolation['name'] = 'InvariantViolation';
/** What ends a thread before it has loaded any code: it cannot reach the others. */
const engineCodes: ReadonlySet<string> = new Set(['NATS_UNREACHABLE', 'NATS_DENIED', 'NATS_UNSUITABLE']);

const isOutOfMemory = (uncaught: unknown): boolean =>
  typeof uncaught === 'object' &&
  uncaught !== null &&
  'code' in uncaught &&
  uncaught.code === 'ERR_WORKER_OUT_OF_MEMORY';
