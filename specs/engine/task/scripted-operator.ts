import type { CheckpointId } from '../../../actors/protocol/ids.js';
import {
  BasicOperator,
  type Lifecycle,
  type OperatorContext,
  type RestoredOperatorState,
  type Settle,
} from '../../../src/operators/operator.js';

type Call = 'open' | 'prepare' | 'completed' | 'finish';

/** What operators of one job have been called with, in order, and which of their calls stay pending until the spec settles them. */
export class Script {
  readonly log: string[] = [];
  readonly pending = new Map<string, Settle>();
  readonly contexts = new Map<string, OperatorContext<unknown>>();
  private readonly slow = new Set<string>();

  /** That call of that operator answers `pending`, from now on. */
  slowDown(name: string, call: Call): this {
    this.slow.add(`${name}.${call}`);
    return this;
  }

  settle(name: string, call: Call, failure: Parameters<Settle>[0] = null): void {
    const settle = this.pending.get(`${name}.${call}`);
    if (settle === undefined) throw new Error(`${name}.${call} is not pending`);
    this.pending.delete(`${name}.${call}`);
    settle(failure);
  }

  note(name: string, call: Call, settle: Settle): Lifecycle {
    this.log.push(`${name}.${call}`);
    if (!this.slow.has(`${name}.${call}`)) return 'done';
    this.pending.set(`${name}.${call}`, settle);
    return 'pending';
  }

  /** The log without the records in it. */
  calls(): readonly string[] {
    return this.log.filter((entry) => !entry.includes('('));
  }
}

/** Passes records on, keeps how many there were as its state, and writes down every call. */
export class ScriptedOperator extends BasicOperator<unknown, unknown> {
  count = 0;

  constructor(
    private readonly name: string,
    private readonly script: Script,
    private readonly emitsAtEnd: readonly unknown[] = [],
  ) {
    super();
  }

  override open(context: OperatorContext<unknown>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    this.context = context;
    this.script.contexts.set(this.name, context);
    for (const item of restored.items) this.count += item as number;
    return this.script.note(this.name, 'open', settle);
  }

  process(value: unknown, timestamp: number): void {
    this.count += 1;
    this.script.log.push(`${this.name}(${value})`);
    this.context.output.emit(value, timestamp);
  }

  override prepareCheckpoint(_checkpoint: CheckpointId, settle: Settle): Lifecycle {
    return this.script.note(this.name, 'prepare', settle);
  }

  override snapshot(): readonly unknown[] {
    this.script.log.push(`${this.name}.snapshot`);
    return [this.count];
  }

  override checkpointCompleted(_checkpoint: CheckpointId, settle: Settle): Lifecycle {
    return this.script.note(this.name, 'completed', settle);
  }

  override checkpointAborted(): void {
    this.script.log.push(`${this.name}.aborted`);
  }

  override finish(settle: Settle): Lifecycle {
    for (const value of this.emitsAtEnd) this.context.output.emit(value, 0);
    return this.script.note(this.name, 'finish', settle);
  }

  override close(): void {
    this.script.log.push(`${this.name}.close`);
  }
}
