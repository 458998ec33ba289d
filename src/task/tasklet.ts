import type { Failure } from '../../actors/kernel/failure.js';
import type { RestorePlan } from '../../actors/protocol/deployment.js';
import type { CheckpointId } from '../../actors/protocol/ids.js';
import { checkpointText, sameCheckpoint } from '../../actors/protocol/ids.js';
import type { Split } from '../../actors/protocol/manifest.js';
import { RestoredState } from './checkpoint/restored-state.js';
import { TaskCheckpoints } from './checkpoint/task-checkpoints.js';
import { type Barrier, endOfChannel, endOfData } from './elements.js';
import { Fifo } from './fifo.js';
import { InputGate } from './gate/input-gate.js';
import { unknownWatermark } from './gate/valve.js';
import type { Head, HeadEvent, HeadRecords } from './head.js';
import { LatencyMarks } from './latency-marks.js';
import { OpenSource } from './open-source.js';
import { type Procedure, Procedures, until } from './operator/procedures.js';
import { TaskEnd } from './output/task-end.js';
import { skippedBy } from './slot/counts.js';
import { TaskFailure } from './task-failure.js';
import { TaskOperators } from './task-operators.js';
import type { TaskletSetting } from './tasklet-setting.js';
import type { Opened, TaskCommand, TaskletInspection, TaskletRun, TaskPhase } from './tasklet-state.js';

/**
 * One attempt of a subtask: takes input, runs it through the chain of operators, and carries out what its actor commands, in order,
 * between two records. `run` never waits for anything. What goes wrong in user code, in a channel or in a store ends the attempt
 * and nothing else.
 */
export class Tasklet {
  phase: TaskPhase = 'created';
  private readonly commands = new Fifo<TaskCommand>();
  private readonly procedures = new Procedures();
  private restoring: RestoredState | null = null;
  operators: TaskOperators | null = null;
  source: OpenSource | null = null;
  gate: InputGate | null = null;
  private opened: Opened | null = null;
  private batch: HeadRecords | null = null;
  private position = 0;
  private taken = 0;
  recordsIn = 0;
  watermark = unknownWatermark;
  private running = false;
  private over = false;
  private closed = false;
  private readonly marks: LatencyMarks;
  private readonly chainEnd: TaskEnd;

  constructor(readonly setting: TaskletSetting) {
    this.chainEnd = new TaskEnd(setting.output);
    this.marks = new LatencyMarks(setting);
  }

  /** Whether its channels still have something to say: also after it has finished, until everybody has heard it. */
  get speaks(): boolean {
    return this.phase !== 'failed' && this.phase !== 'canceled';
  }

  /** A batch that is not full waits here, although its receiver would take it. */
  holdsBack(timeoutMs: number): boolean {
    return this.setting.output.holdsBack(timeoutMs);
  }

  /** Queues a command. An abort also takes back a trigger that has not been carried out. */
  command(command: TaskCommand): void {
    if (this.over) return;
    if (command.kind === 'abort') {
      this.commands.removeWhere(
        (queued) => queued.kind === 'trigger' && sameCheckpoint(queued.barrier.checkpoint, command.checkpoint),
      );
    }
    this.commands.push(command);
    this.setting.wake();
  }

  /** Works on at most about `recordsMax` records. */
  run(recordsMax: number): TaskletRun {
    this.taken = 0;
    if (this.over) return 'done';
    this.running = true;
    try {
      const result = this.turn(this.opened?.checkpoints.recordsShare(recordsMax) ?? recordsMax);
      if (result === 'progress') this.setting.output.flushWaitedFor(0);
      else if (result !== 'done') this.setting.output.flush();
      return this.over || !this.writesSnapshot(recordsMax) ? result : 'progress';
    } catch (error) {
      if (!(error instanceof TaskFailure)) throw error;
      this.fail(error.failure);
      return 'done';
    } finally {
      this.running = false;
      if (this.over) this.close();
    }
  }

  /** How many records the last run took, and other elements and commands counted as one each. */
  get lastTaken(): number {
    return this.taken;
  }

  /** Passes on what is held in batches that are not full, and has waited so long. */
  flush(timeoutMs: number): void {
    if (this.over) return;
    try {
      this.setting.output.flushWaitedFor(timeoutMs);
    } catch (error) {
      if (!(error instanceof TaskFailure)) throw error;
      this.fail(error.failure);
    }
  }

  fail(failure: Failure): void {
    if (this.over) return;
    this.setting.failed(failure);
    this.end('failed');
  }

  /** Ends the attempt at once, also while a lifecycle call is pending. */
  cancel(): void {
    this.end('canceled');
    this.setting.notify({ type: 'task.canceled' });
  }

  /** Ends it without a word, and lets operators let go of what they hold. */
  drop(): void {
    this.end('canceled');
  }

  /** Ends it as a crash does: no user code is called any more. */
  abandon(): void {
    this.over = true;
    this.setting.gauge.end();
    this.procedures.stop();
    this.marks.stop();
    this.restoring?.cancel();
    this.operators?.abandon();
    this.source?.abandon();
    this.opened?.checkpoints.close();
  }

  inspect(): TaskletInspection {
    const { setting, watermark } = this;
    const aligning = this.gate?.aligning ?? null;
    return {
      subtask: setting.subtask,
      phase: this.phase,
      watermark: watermark === unknownWatermark ? null : watermark,
      aligning: aligning === null ? null : checkpointText(aligning),
      pending: this.operators?.pending ?? [],
      commands: [...this.commands].map(({ kind }) => kind),
      blocked: setting.gauge.blocked,
      recordsIn: this.recordsIn,
      skippedRecords: skippedBy(this),
      inputs: setting.inputs.map((channel) => channel.inspectInput()),
      outputs: setting.output.channels.map((channel) => channel.inspectOutput()),
    };
  }

  get watermarkOut(): number {
    return this.chainEnd.watermarkOut;
  }

  private get flowing(): boolean {
    if (this.opened?.checkpoints.suspended === true) return false;
    return this.phase === 'running' || this.phase === 'draining' || this.phase === 'drained';
  }

  private turn(recordsMax: number): TaskletRun {
    const { gauge } = this.setting;
    for (let moved = false; !this.over; moved = true) {
      if (this.taken >= recordsMax) return 'progress';
      moved = this.deliver() || moved;
      if (!this.procedures.advance()) return moved ? 'progress' : 'idle';
      // What a procedure has held back until now.
      moved = this.deliver() || moved;
      if (this.over) break;
      if (this.carryOut()) continue;
      const { opened } = this;
      if (opened === null || !this.flowing) return moved ? 'progress' : 'idle';
      if (!opened.operators.settled() || gauge.blocked) return moved ? 'progress' : gauge.blocked ? 'blocked' : 'idle';
      if (!opened.operators.admits()) return moved ? 'progress' : 'blocked';
      if (this.batch !== null) {
        this.process(this.batch, opened, recordsMax);
        continue;
      }
      this.marks.sendDue();
      const event = opened.head.next(recordsMax - this.taken);
      if (event === null) return moved ? 'progress' : 'idle';
      this.taken += 1;
      this.take(event, opened);
    }
    return 'done';
  }

  private writesSnapshot(recordsMax: number): boolean {
    const entries = this.opened?.checkpoints.write(recordsMax - this.taken) ?? 0;
    this.taken += entries;
    return entries > 0;
  }

  private deliver(): boolean {
    const forSource = this.source?.deliver() ?? false;
    const forOperators = this.operators?.deliver(this.flowing) ?? false;
    return forSource || forOperators;
  }

  private process(batch: HeadRecords, { operators: { chain } }: Opened, recordsMax: number): void {
    const { input, values, timestamps } = batch;
    const isFirst = this.recordsIn === 0;
    const from = this.position;
    const to = Math.min(values.length, from + recordsMax - this.taken);
    const takes = input === 0 ? chain.batch : (chain.secondBatch ?? chain.batch);
    this.position = takes(values, timestamps, from, to);
    this.taken += this.position - from;
    this.recordsIn += this.position - from;
    // The end of a recovery, for whoever waits for results.
    if (isFirst && this.recordsIn > 0) this.setting.trace('firstRecord', { job: this.setting.job });
    if (this.position >= values.length) this.batch = null;
  }

  private take(event: HeadEvent, opened: Opened): void {
    switch (event.kind) {
      case 'records':
        if (event.values.length === 0) return;
        this.batch = event;
        this.position = 0;
        return;
      case 'watermark':
        this.watermark = event.timestamp;
        return opened.operators.chain.watermark(event.timestamp);
      case 'status':
        return this.setting.output.control(event);
      case 'aligned':
        this.setting.trace('aligned', {
          checkpoint: checkpointText(event.barrier.checkpoint),
          alignmentMs: event.alignmentMs,
        });
        return this.procedures.begin(this.checkpoint(event.barrier, false, opened));
      case 'superseded':
        return opened.checkpoints.superseded(event.checkpoint, event.by);
      case 'latency':
        return this.marks.pass(event);
      case 'inputEnded':
        return this.procedures.begin(this.finish(opened));
    }
  }

  /** Carries out the next command; false when there is none, or its time has not come. */
  private carryOut(): boolean {
    const command = this.commands.peek();
    if (command === undefined || !this.carriedOut(command)) return false;
    this.commands.shift();
    this.taken += 1;
    return true;
  }

  private carriedOut(command: TaskCommand): boolean {
    const { opened } = this;
    if (command.kind === 'restore') {
      if (this.phase === 'created') this.procedures.begin(this.restore(command.plan));
      return true;
    }
    if (opened === null) return false;
    switch (command.kind) {
      case 'rewind':
        return this.rewind(opened);
      case 'start':
        return this.start(opened);
      case 'assign':
        return this.assign(opened, command.splits, command.noMore);
      case 'stop':
      case 'align':
        opened.source?.carryOut(command);
        return true;
      case 'trigger':
        return this.trigger(opened, command.barrier);
      case 'complete':
        this.procedures.begin(this.commit(opened, command.checkpoint));
        return true;
      case 'abort':
        opened.head.giveUp(command.checkpoint);
        opened.checkpoints.abort(command.checkpoint);
        return true;
    }
  }

  private *restore(plan: RestorePlan): Procedure {
    const { setting } = this;
    const { ports, options, program } = setting;
    this.phase = 'restoring';
    const fail = (failure: Failure): void => this.fail(failure);
    const store = { blobs: ports.blobs, clock: ports.clock, timeoutMs: options.storeTimeoutMs };
    const restored = new RestoredState(plan, store, setting);
    this.restoring = restored;
    yield* until(() => restored.isOver);
    if (restored.failure !== null) throw new TaskFailure(restored.failure);
    const operators = new TaskOperators(setting, this.chainEnd, fail);
    this.operators = operators;
    yield* operators.loadState(restored);
    yield* operators.open(plan.from, restored);
    const { source } = program;
    const restoredSplits = source === null ? [] : restored.positions(source.uid);
    restored.cancel();
    this.source =
      source === null
        ? null
        : new OpenSource(source.uid, source.source, restoredSplits, setting, fail, operators.splitWatermarks);
    this.gate = source === null ? InputGate.of(setting) : null;
    const checkpoints = new TaskCheckpoints(setting, operators, this.source);
    const head = this.source?.head ?? this.gate;
    this.opened = { plan, operators, source: this.source, head: head as Head, checkpoints };
    this.phase = 'restored';
    setting.openInputs();
    setting.trace('restored', { from: plan.from === null ? null : checkpointText(plan.from) });
    setting.notify({ type: 'task.restored' });
  }

  private rewind({ source }: Opened): boolean {
    if (this.phase !== 'restored') return true;
    source?.rewind();
    this.phase = 'rewound';
    this.setting.trace('rewound', {});
    this.setting.notify({ type: 'task.rewound' });
    return true;
  }

  private start({ plan }: Opened): boolean {
    if (this.phase === 'restored') return false;
    if (this.phase !== 'rewound') return true;
    this.setting.notify({ type: 'task.started' });
    this.phase = 'running';
    if (plan.finished) this.endChannels();
    else this.source?.start(this.marks);
    return true;
  }

  private assign({ source }: Opened, splits: readonly Split[], noMore: boolean): boolean {
    if (this.phase === 'restored') return false;
    source?.head.assign(splits, noMore);
    return true;
  }

  /** A barrier goes in between two batches, when nothing that came before is still on its way through the chain. */
  private trigger(opened: Opened, barrier: Barrier): boolean {
    const { checkpoints, head, source, operators } = opened;
    if (checkpoints.isOver(barrier.checkpoint)) return true;
    const inputIsThrough = source !== null ? this.flowing : this.phase === 'drained';
    if (!inputIsThrough || this.batch !== null || !head.injectsBarriers() || !operators.settled()) return false;
    this.procedures.begin(this.checkpoint(barrier, true, opened));
    return true;
  }

  private *checkpoint(barrier: Barrier, triggered: boolean, { checkpoints }: Opened): Procedure {
    yield* checkpoints.take(barrier, { triggered, drained: this.phase === 'drained' });
  }

  private *commit({ checkpoints }: Opened, checkpoint: CheckpointId): Procedure {
    yield* checkpoints.commit(checkpoint);
    if (!checkpoints.isFinal(checkpoint)) return;
    if (this.phase === 'drained') this.endChannels();
    else this.end('finished');
  }

  private *finish({ operators }: Opened): Procedure {
    const { setting } = this;
    this.phase = 'draining';
    this.marks.stop();
    setting.notify({ type: 'task.inputEnded' });
    yield* operators.finish();
    setting.output.control(endOfData);
    this.phase = 'drained';
    setting.trace('drained', { recordsIn: this.recordsIn });
    setting.notify({ type: 'task.drained' });
  }

  private endChannels(): void {
    const { output, trace } = this.setting;
    if (this.phase !== 'drained') output.control(endOfData);
    output.control(endOfChannel);
    trace('finished', { recordsIn: this.recordsIn });
    this.end('finished');
  }

  private end(phase: 'finished' | 'failed' | 'canceled'): void {
    if (this.over) return;
    this.phase = phase;
    this.over = true;
    this.setting.gauge.end();
    // Within a run an operator may be in the middle of a call: it is closed when that run returns.
    if (!this.running) this.close();
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    const threw = (what: string): void => this.setting.trace('closeFailed', { what });
    this.operators?.close(threw);
    this.source?.close(threw);
    this.abandon();
  }
}
