import type { Failure } from '../../actors/kernel/failure.js';
import type { CheckpointId } from '../../actors/protocol/ids.js';
import { splitWatermarkStage } from '../graph/split-watermark-stage.js';
import { GuardedOperator } from '../operators/guarded-operator.js';
import { lateRecordsOf, type OperatorContext } from '../operators/operator.js';
import { takesItem } from '../operators/operator-state.js';
import { WatermarkOperator } from '../operators/watermarks.js';
import { buildParts } from './chain/build-parts.js';
import { type Chain, type ChainEnd, compileChain } from './chain/compile-chain.js';
import type { RestoredState } from './checkpoint/restored-state.js';
import type { SnapshotPart } from './checkpoint/subtask-snapshot.js';
import { boundPorts } from './operator/bound-ports.js';
import { guarded, type LifecycleSetting, lifecycleCall } from './operator/lifecycle-call.js';
import { Mailbox } from './operator/mailbox.js';
import { type OperatorInstance, operatorInstance } from './operator/operator-instance.js';
import { type Procedure, pause, until } from './operator/procedures.js';
import { failureOfThrown } from './task-failure.js';
import type { TaskletSetting } from './tasklet-setting.js';

/** The operators of one attempt, from upstream to downstream, and the chain that they are parts of. */
export class TaskOperators {
  readonly chain: Chain;
  private readonly instances: readonly OperatorInstance[];
  private readonly lifecycle: LifecycleSetting;

  constructor(
    private readonly setting: TaskletSetting,
    end: ChainEnd,
    private readonly fail: (failure: Failure) => void,
  ) {
    const { gauge, options, ports, wake } = setting;
    const parts = buildParts(setting);
    this.chain = compileChain(parts, end, gauge, options.development);
    this.instances = parts.flatMap((part, at) =>
      part.kind === 'operator' ? [operatorInstance(part, at, new Mailbox(wake))] : [],
    );
    this.lifecycle = { clock: ports.clock, timeoutMs: options.lifecycleTimeoutMs, wake, fail };
  }

  /** Gives each split of the source its watermarks; null when none does, or the task has no source. */
  get splitWatermarks(): WatermarkOperator<unknown> | null {
    const { source, stages } = this.setting.program;
    const stage = source === null ? undefined : stages[splitWatermarkStage(stages)];
    const instance = this.instances.find(({ culprit }) => culprit.uid === stage?.uid);
    const operator = instance?.part.operator;
    const inner = operator instanceof GuardedOperator ? operator.unguarded : operator;
    return inner instanceof WatermarkOperator ? inner : null;
  }

  /** What keeps the tasklet waiting, for people. */
  get pending(): readonly string[] {
    return this.instances.filter(({ deadline }) => deadline !== null).map(({ culprit }) => culprit.uid);
  }

  /** Records that error policies have left out. */
  get failedRecords(): number {
    return this.instances.reduce(
      (sum, { part }) => sum + (part.operator instanceof GuardedOperator ? part.operator.failedRecords : 0),
      0,
    );
  }

  get lateRecordsDropped(): number {
    return this.instances.reduce((sum, { part }) => sum + lateRecordsOf(part.operator), 0);
  }

  /** Managed memory that keyed state holds. */
  get managedBytes(): number {
    return this.instances.reduce((sum, { part }) => sum + (part.keyed?.state.managedBytes ?? 0), 0);
  }

  /** Whether everything that was emitted has gone through the chain, and every operator takes more. */
  settled(): boolean {
    return (!this.setting.gauge.paused || this.chain.resume()) && this.chain.ready();
  }

  /** Whether keyed state can take what more records would change. */
  admits(): boolean {
    for (const { part, culprit } of this.instances) {
      if (part.keyed === null) continue;
      try {
        if (!part.keyed.state.admits()) return false;
      } catch (error) {
        throw failureOfThrown(culprit, 'while its state was written back', error);
      }
    }
    return true;
  }

  *loadState(restored: RestoredState): Procedure {
    const { wake } = this.setting;
    restored.requireTaken({
      keyed: new Set(this.instances.flatMap(({ part, culprit }) => (part.keyed ? [culprit.uid] : []))),
      stateful: new Set([...this.instances.map(({ culprit }) => culprit.uid), this.setting.program.source?.uid ?? '']),
    });
    for (const { culprit, part, tables } of this.instances) {
      if (part.keyed === null) continue;
      try {
        yield* restored.loadKeyGroups(culprit.uid, part.keyed.state, tables, () => pause(wake));
      } catch (error) {
        throw failureOfThrown(culprit, 'while its state was loaded', error);
      }
    }
  }

  /** From the last to the first: when an operator opens, what comes after it can take records. */
  *open(from: CheckpointId | null, restored: RestoredState): Procedure {
    for (const instance of this.instances.toReversed()) {
      const { operator } = instance.part;
      const items = restored.items(instance.culprit.uid, (item) => takesItem(operator, item));
      const context = this.contextOf(instance);
      yield* this.call(instance, 'open', (settle) => operator.open(context, { from, items }, settle));
    }
  }

  /** The pre-barrier phase. What one operator still emits is in the next one before that one's phase begins. */
  *prepare(checkpoint: CheckpointId): Procedure {
    for (const instance of this.instances) {
      yield* until(() => this.resumed());
      yield* this.call(instance, 'prepareCheckpoint', (settle) =>
        instance.part.operator.prepareCheckpoint(checkpoint, settle),
      );
    }
    yield* until(() => this.resumed());
  }

  snapshot(checkpoint: CheckpointId): readonly SnapshotPart[] {
    return this.instances.map((instance) => {
      const { culprit, tables, part } = instance;
      const items = guarded(instance, 'snapshot', () => part.operator.snapshot(checkpoint));
      const itemsKind = part.operator.copiesState
        ? 'operatorCopy'
        : (part.operator.operatorStateKind ?? 'operatorList');
      return { culprit, items, itemsKind, keyed: part.keyed, tables };
    });
  }

  *commit(checkpoint: CheckpointId): Procedure {
    for (const instance of this.instances) {
      yield* this.call(instance, 'checkpointCompleted', (settle) =>
        instance.part.operator.checkpointCompleted(checkpoint, settle),
      );
    }
  }

  abort(checkpoint: CheckpointId): void {
    for (const instance of this.instances) {
      guarded(instance, 'checkpointAborted', () => instance.part.operator.checkpointAborted(checkpoint));
      instance.part.keyed?.state.aborted(checkpoint);
      instance.tables.forget(checkpoint);
    }
  }

  confirm(base: CheckpointId): void {
    for (const { tables } of this.instances) tables.confirm(base);
  }

  /** What one operator emits at its end has gone through the next one before that one's end comes. */
  *finish(): Procedure {
    for (const instance of this.instances) {
      yield* until(() => this.settled());
      const { operator } = instance.part;
      const timeoutMs = this.lifecycle.timeoutMs + (operator.finishWithinMs ?? 0);
      yield* lifecycleCall(instance, 'finish', { ...this.lifecycle, timeoutMs }, (settle) => operator.finish(settle));
      instance.finished = true;
    }
    yield* until(() => this.settled());
  }

  /**
   * Delivers what has arrived for operators. One whose lifecycle call is pending needs it to go on. The others get it while records
   * flow and all behind them can take what they may emit: not while the call of one behind is pending, which may be its
   * pre-barrier phase, so that what came would be neither before the barrier nor in a snapshot.
   */
  deliver(flowing: boolean): boolean {
    let delivered = false;
    for (const instance of this.instances) {
      while (!instance.mailbox.isEmpty && this.mayRun(instance, flowing)) {
        const arrival = instance.mailbox.take();
        if (arrival !== undefined) guarded(instance, 'a timer or a completion', arrival);
        delivered = true;
      }
    }
    return delivered;
  }

  /** Calls every `close`, also after one that threw; what they threw is told and changes nothing any more. */
  close(threw: (what: string) => void): void {
    const closing = [
      () => this.chain.close(),
      ...this.instances.map((instance) => () => instance.part.operator.close()),
    ];
    for (const close of closing) {
      try {
        close();
      } catch (error) {
        threw(String(error));
      }
    }
    this.abandon();
  }

  /** Lets go of what could still call back, and calls nobody. */
  abandon(): void {
    for (const instance of this.instances) {
      instance.deadline?.cancel();
      instance.mailbox.close();
      instance.part.keyed?.state.close();
    }
  }

  private resumed(): boolean {
    return !this.setting.gauge.paused || this.chain.resume();
  }

  private call(instance: OperatorInstance, what: string, call: Parameters<typeof lifecycleCall>[3]): Procedure {
    return lifecycleCall(instance, what, this.lifecycle, call);
  }

  private mayRun(instance: OperatorInstance, flowing: boolean): boolean {
    if (instance.deadline !== null) return true;
    const { gauge } = this.setting;
    if (!flowing || instance.finished || gauge.stopped) return false;
    const isPendingBehind = this.instances.some(({ at, deadline }) => at > instance.at && deadline !== null);
    return !isPendingBehind && this.chain.readyBehind(instance.at);
  }

  private contextOf(instance: OperatorInstance): OperatorContext<unknown> {
    const { job, run, index, vertex, ports, wake } = this.setting;
    return {
      ...boundPorts(ports, instance.mailbox),
      job,
      run,
      uid: instance.culprit.uid,
      subtaskIndex: index,
      parallelism: vertex.parallelism,
      keyed: instance.part.keyed?.state ?? null,
      metrics: this.setting.metrics.of(instance.culprit.uid),
      output: this.chain.outputOf(instance.at),
      wake,
      hold: () => this.chain.hold(instance.at),
      fail: this.fail,
    };
  }
}
