import type { CheckpointId } from '../../../actors/protocol/ids.js';
import { checkpointText, compareCheckpoints } from '../../../actors/protocol/ids.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { Checker, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import { lifeText } from './leaders.js';

/**
 * I6, where checkpoints are carried out: the actor of a subtask hands barriers to its data plane in strictly increasing order of their
 * ids (race 2), and each abort once (race 3), however often it is asked. Known from the effects in the traces of subtasks. It does not see what the
 * data plane makes of them: alignment has properties of its own.
 */
export const eachIdOnce: CheckerFactory = () => new EachIdOnce();

class EachIdOnce implements Checker {
  readonly invariant = 'I6';
  private readonly triggered = new Map<string, CheckpointId>();
  private readonly aborted = new Set<string>();

  trace(record: TraceRecord): void {
    if (!record.actor.startsWith('subtask/')) return;
    const subtask = `${lifeText(record)}/${record.actor}`;
    for (const effect of record.effects) {
      if (effect.kind === 'task.trigger') this.trigger(subtask, effect.checkpoint);
      else if (effect.kind === 'task.abort') this.abort(subtask, effect.checkpoint);
    }
  }

  private trigger(subtask: string, checkpoint: CheckpointId): void {
    const before = this.triggered.get(subtask);
    if (before !== undefined && compareCheckpoints(checkpoint, before) <= 0) {
      const order = `${checkpointText(checkpoint)} after ${checkpointText(before)}`;
      throw new Violation('I6', `${subtask} puts the barrier of checkpoint ${order} into its stream`);
    }
    this.triggered.set(subtask, checkpoint);
  }

  private abort(subtask: string, checkpoint: CheckpointId): void {
    const key = `${subtask} ${checkpointText(checkpoint)}`;
    if (this.aborted.has(key)) {
      throw new Violation('I6', `${subtask} aborts checkpoint ${checkpointText(checkpoint)} a second time`);
    }
    this.aborted.add(key);
  }
}
