import type { Placement } from '../../../actors/protocol/deployment.js';
import type { Allocation, SlotAddress, SubtaskKey } from '../../../actors/protocol/ids.js';
import { actorNames } from '../../../actors/protocol/ids.js';
import type { CheckpointMode, StateBackendName } from '../../../actors/protocol/job-graph.js';
import type { SlotMessage } from '../../../actors/slot/messages.js';
import type { TaskEvent } from '../../../actors/subtask/messages.js';
import type { JobProgram } from '../../graph/job-program.js';
import { UserMetrics } from '../../operators/user-metrics.js';
import type { Unlisten } from '../../ports/bus.js';
import type { Loop, Timer, Turn } from '../../ports/clock.js';
import type { MemoryUse, SubtaskCounts } from '../../ports/subtask-counts.js';
import { damagedCode, frameDamaged } from '../channel/framed-input.js';
import type { SendFrame } from '../channel/framed-output.js';
import type { FrameCodec } from '../frame/frame-codec.js';
import {
  type ChannelId,
  channelText,
  jobHashOf,
  likelyAddressee,
  openFrame,
  sealFrame,
} from '../frame/frame-header.js';
import type { TaskHostPorts } from '../task-host-ports.js';
import type { TaskOptions } from '../task-options.js';
import { Tasklet } from '../tasklet.js';
import type { TaskletInspection } from '../tasklet-state.js';
import { countsOf } from './counts.js';
import { type WiredSubtask, type Wiring, wire } from './wiring.js';
import { WorkTimes } from './work-times.js';

export interface SlotSetting {
  readonly ports: TaskHostPorts;
  readonly options: TaskOptions;
  readonly codec: FrameCodec;
  readonly address: SlotAddress;
  readonly allocation: Allocation;
  readonly program: JobProgram;
  readonly placement: Placement;
  /** As the job was submitted with, which may be another than its code says. */
  readonly stateBackend: StateBackendName;
  readonly checkpointMode: CheckpointMode;
  readonly progress: { count: number };
}

/** One loaded slot as people and checkers see it. */
export interface SlotInspection {
  readonly slot: number;
  readonly allocation: Allocation;
  readonly progress: number;
  /** Frames for another run, job or subtask, or of channels that have ended: dropped. */
  readonly strayFrames: number;
  readonly damagedFrames: number;
  readonly tasklets: readonly TaskletInspection[];
}

/**
 * The tasklets of one slot and the loop that runs them in turn. It parks when none of them can do anything, and is woken by frames,
 * grants, timers, completions and commands. All that comes after its end is dropped.
 */
export class SlotRuntime {
  private readonly wiring: Wiring;
  private readonly tasklets: ReadonlyMap<SubtaskKey, Tasklet>;
  private readonly inTurn: readonly Tasklet[];
  /** Of each of them. */
  private readonly times: readonly WorkTimes[];
  private readonly loop: Loop;
  private readonly unlisten: Unlisten;
  private readonly jobHash: number;
  private repeatTimer: Timer;
  private progressTimer: Timer;
  /** By buffer timeout, for each that an edge of this slot has; null while nothing waits for it. */
  private readonly flushTimers: Map<number, Timer | null>;
  /** The tasklet whose turn it is. */
  private cursor = 0;
  private working: Tasklet | null = null;
  /** Counts elements put into channels within this slot. */
  private fills = 0;
  private strayFrames = 0;
  private damagedFrames = 0;
  private ended = false;

  constructor(private readonly setting: SlotSetting) {
    const { ports, address, allocation, program, placement, options, codec, stateBackend } = setting;
    this.jobHash = jobHashOf(allocation.job);
    const sender = (id: ChannelId, peer: SlotAddress): SendFrame => this.sender(id, peer);
    const filled = (): void => {
      this.fills += 1;
    };
    this.wiring = wire({ program, placement, address, options, codec, stateBackend, sender, filled });
    this.tasklets = new Map(this.wiring.subtasks.map((wired) => [wired.subtask, this.createTasklet(wired)]));
    this.inTurn = [...this.tasklets.values()];
    const timeouts = this.inTurn.flatMap(({ setting: { output } }) => output.bufferTimeouts);
    this.flushTimers = new Map(timeouts.filter((timeoutMs) => timeoutMs > 0).map((timeoutMs) => [timeoutMs, null]));
    this.times = this.inTurn.map(() => new WorkTimes(ports.clock.monotonicMs()));
    this.loop = ports.loops.create((recordsMax) => this.turn(recordsMax));
    this.unlisten = ports.links.listen(address, (frame) => this.receive(frame));
    this.repeatTimer = ports.clock.setTimer(options.repeatMs, () => this.repeat());
    this.progressTimer = ports.clock.setTimer(options.progressMs, () => this.tellProgress());
  }

  tasklet(subtask: SubtaskKey): Tasklet | undefined {
    return this.tasklets.get(subtask);
  }

  /** Ends everything at once; operators let go of what they hold. */
  drop(): void {
    this.end();
    for (const tasklet of this.inTurn) tasklet.drop();
  }

  /** Ends everything as a crash does. */
  abandon(): void {
    this.end();
    for (const tasklet of this.inTurn) tasklet.abandon();
  }

  inspect(): SlotInspection {
    const { setting, strayFrames, damagedFrames } = this;
    return {
      slot: setting.address.slot,
      allocation: setting.allocation,
      progress: setting.progress.count,
      strayFrames,
      damagedFrames,
      tasklets: this.inTurn.map((tasklet) => tasklet.inspect()),
    };
  }

  counts(): readonly SubtaskCounts[] {
    const nowMs = this.setting.ports.clock.monotonicMs();
    return this.inTurn.map((tasklet, index) => countsOf(tasklet, this.times[index] as WorkTimes, nowMs));
  }

  memory(): readonly MemoryUse[] {
    let stateBytes = 0;
    let channelsBytes = 0;
    for (const tasklet of this.inTurn) stateBytes += tasklet.operators?.managedBytes ?? 0;
    for (const { channel } of this.wiring.framedInputs.values()) channelsBytes += channel.heldBytes;
    return this.wiring.memory.uses({ stateBytes, channelsBytes });
  }

  /** Whose code runs at this moment; null between turns. */
  get atWork(): SubtaskKey | null {
    return this.working?.setting.subtask ?? null;
  }

  private createTasklet(wired: WiredSubtask): Tasklet {
    const { ports, options, allocation, checkpointMode, stateBackend } = this.setting;
    const { job, run } = allocation;
    const { subtask } = wired;
    const actor = actorNames.subtask(job, run, subtask);
    const notify = (event: TaskEvent): void => {
      if (!this.ended) ports.notify(actor, event);
    };
    const trace = (what: string, detail: Readonly<Record<string, unknown>>): void => this.trace(subtask, what, detail);
    return new Tasklet({
      ...wired,
      job,
      run,
      ports,
      options,
      checkpointMode,
      stateBackend,
      stateMemoryBytes: this.stateMemoryBytes(),
      snapshotMemory: this.wiring.memory.snapshots,
      metrics: new UserMetrics(),
      openInputs: () => {
        for (const { channel, subtask: owner } of this.wiring.framedInputs.values())
          if (owner === subtask) channel.open();
      },
      notify,
      failed: (failure) => {
        if (failure.code === damagedCode) this.damagedFrames += 1;
        trace('failed', { code: failure.code, message: failure.message });
        notify({ type: 'task.failed', failure });
      },
      trace,
      wake: () => this.loop.wake(),
    });
  }

  /** The share of one operator with keyed state. */
  private stateMemoryBytes(): number {
    const { stateMemoryBytes } = this.setting.options;
    const { operatorStateBytes, cachedOperators } = this.wiring.memory.budget;
    return stateMemoryBytes === null ? operatorStateBytes : Math.floor(stateMemoryBytes / Math.max(1, cachedOperators));
  }

  /** Parks only after every tasklet in a row has done nothing. */
  private turn(recordsMax: number): Turn {
    const { inTurn, setting } = this;
    const { turnRecordsMax } = setting.options;
    const { clock } = setting.ports;
    setting.progress.count += 1;
    let left = recordsMax;
    let still = 0;
    let sinceMs = clock.monotonicMs();
    while (!this.ended && left > 0 && still < inTurn.length) {
      const tasklet = inTurn[this.cursor] as Tasklet;
      const times = this.times[this.cursor] as WorkTimes;
      this.working = tasklet;
      this.cursor = this.cursor + 1 === inTurn.length ? 0 : this.cursor + 1;
      const { fills } = this;
      const moved =
        tasklet.run(Math.min(left, turnRecordsMax)) === 'progress' || tasklet.lastTaken > 0 || this.fills > fills;
      const untilMs = clock.monotonicMs();
      times.ran(sinceMs, untilMs, moved, tasklet.setting.gauge.blocked);
      sinceMs = untilMs;
      still = moved ? 0 : still + 1;
      if (moved) left -= Math.max(1, tasklet.lastTaken);
    }
    this.working = null;
    if (this.ended) return 'parked';
    this.armFlush();
    return still < inTurn.length ? 'more' : 'parked';
  }

  /** Tasklets pass their batches on when they run idle; those that do not are made to within the buffer timeout of each edge. */
  private armFlush(): void {
    for (const [timeoutMs, armed] of this.flushTimers) {
      if (armed !== null || !this.inTurn.some((tasklet) => tasklet.holdsBack(timeoutMs))) continue;
      const timer = this.setting.ports.clock.setTimer(timeoutMs, () => {
        this.flushTimers.set(timeoutMs, null);
        for (const tasklet of this.inTurn) tasklet.flush(timeoutMs);
      });
      this.flushTimers.set(timeoutMs, timer);
    }
  }

  private receive(frame: Uint8Array): void {
    if (this.ended) return;
    const header = openFrame(frame);
    if ('damage' in header) return this.damaged(frame, header.damage);
    const { run } = this.setting.allocation;
    const isOurs = header.jobHash === this.jobHash && header.run === run && header.attempt === run;
    const name = channelText(header);
    const { framedInputs, framedOutputs } = this.wiring;
    const output = isOurs && header.kind === 'grant' ? framedOutputs.get(name) : undefined;
    const input = isOurs && header.kind !== 'grant' ? framedInputs.get(name) : undefined;
    const tasklet = this.tasklets.get((output ?? input)?.subtask ?? '');
    if (tasklet === undefined || !tasklet.speaks) {
      this.strayFrames += 1;
      return;
    }
    if (output?.channel.granted(header.sequence)) this.loop.wake();
    const broken = input?.channel.receive(header, frame) ?? null;
    if (broken !== null) {
      this.trace(tasklet.setting.subtask, 'channelBroken', { channel: name, code: broken.code });
      tasklet.fail(broken);
    } else if (input !== undefined) this.loop.wake();
  }

  /** Nothing of it is used, not even whom it says it is for, except to tell that one. */
  private damaged(frame: Uint8Array, damage: string): void {
    const id = likelyAddressee(frame);
    const name = id === null ? null : channelText(id);
    const isOurs = id?.jobHash === this.jobHash && id.run === this.setting.allocation.run;
    const input = isOurs && name !== null ? this.wiring.framedInputs.get(name) : undefined;
    const tasklet = this.tasklets.get(input?.subtask ?? '');
    this.trace(input?.subtask ?? '', 'frameDamaged', { channel: name, damage });
    // Whom it was for misses it, by its number. One that can be told now loses no time.
    if (tasklet?.speaks && id !== null) tasklet.fail(frameDamaged(id, damage));
    else this.damagedFrames += 1;
  }

  private sender(id: ChannelId, peer: SlotAddress): SendFrame {
    const { ports, address, allocation } = this.setting;
    const { run } = allocation;
    const { edge, producer, consumer } = id;
    const { jobHash } = this;
    return (kind, sequence, frame) => {
      if (this.ended) return;
      sealFrame(frame, { edge, producer, consumer, kind, jobHash, run, attempt: run, sequence });
      ports.links.send(address, peer, frame);
    };
  }

  /** Heals what was lost: grants at once, the tail of a channel by the failure that it deserves. */
  private repeat(): void {
    const { ports, options } = this.setting;
    this.repeatTimer = ports.clock.setTimer(options.repeatMs, () => this.repeat());
    const speaks = (subtask: SubtaskKey): boolean => this.tasklets.get(subtask)?.speaks === true;
    for (const { channel, subtask } of this.wiring.framedInputs.values()) if (speaks(subtask)) channel.repeat();
    for (const { channel, subtask } of this.wiring.framedOutputs.values()) if (speaks(subtask)) channel.repeat();
  }

  /** A parked slot is well, and says so; one that hangs in user code cannot. */
  private tellProgress(): void {
    const { ports, options, progress, address } = this.setting;
    this.progressTimer = ports.clock.setTimer(options.progressMs, () => this.tellProgress());
    progress.count += 1;
    const message: SlotMessage = { type: 'slot.progressed', progress: progress.count };
    ports.notify(actorNames.slot(address.slot), message);
  }

  private trace(subtask: SubtaskKey, what: string, detail: Readonly<Record<string, unknown>>): void {
    if (this.ended) return;
    const { ports, allocation } = this.setting;
    const atMs = ports.clock.monotonicMs();
    ports.telemetry.task({ kind: 'task', atMs, process: ports.process, subtask, run: allocation.run, what, detail });
  }

  private end(): void {
    this.ended = true;
    this.loop.stop();
    this.unlisten();
    this.repeatTimer.cancel();
    this.progressTimer.cancel();
    for (const timer of this.flushTimers.values()) timer?.cancel();
  }
}
