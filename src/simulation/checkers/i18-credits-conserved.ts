import type { TaskTrace } from '../../ports/telemetry.js';
import type { InputInspection, OutputInspection } from '../../task/channel/channel.js';
import { defaultTaskOptions } from '../../task/task-options.js';
import type { TaskletInspection } from '../../task/tasklet-state.js';
import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { StoreEvent } from '../sim-store.js';
import { completedCheckpoint } from './log-entries.js';

/**
 * I18: credits are conserved and queues are bounded. No attempt ends because its peer sent more than was granted, or
 * because too much waited to be sent. And whenever a checkpoint completes, for each channel: nothing is received that
 * was not sent, the sender knows of no grant that was not given, no more is granted than one window beyond what is
 * consumed, and as many records are taken out as were put in, at most, and exactly when both sides have drained. Known
 * from the failures in the data plane's traces and from what the living slots say of their channels. Between two
 * checkpoints it sees only the failures.
 */
export const creditsConserved: CheckerFactory = (context) => new CreditsConserved(context);

/** Failures that only a sender or receiver can cause that breaks these rules. */
const broken: ReadonlySet<unknown> = new Set(['CHANNEL_OVERRUN', 'OUTPUT_OVERDRAWN']);

class CreditsConserved implements Checker {
  readonly invariant = 'I18';

  constructor(private readonly context: CheckerContext) {}

  task({ what, detail, subtask }: TaskTrace): void {
    if (what !== 'failed' || !broken.has(detail.code)) return;
    throw new Violation('I18', `${subtask} has failed with ${String(detail.code)}`, detail);
  }

  store(event: StoreEvent): void {
    if (completedCheckpoint(event, this.context.record.job) === null) return;
    const outputs = new Map<string, { readonly end: OutputInspection; readonly of: TaskletInspection }>();
    const slots = this.context.slots();
    for (const { allocation, tasklets } of slots) {
      for (const of of tasklets)
        for (const end of of.outputs) outputs.set(`${allocation.run}/${end.channel}`, { end, of });
    }
    for (const { allocation, tasklets } of slots) {
      for (const of of tasklets) {
        for (const end of of.inputs) {
          const output = outputs.get(`${allocation.run}/${end.channel}`);
          if (output !== undefined) compare(output.end, end, isDrained(output.of) && isDrained(of));
        }
      }
    }
  }
}

const isDrained = ({ phase }: TaskletInspection): boolean => phase === 'drained' || phase === 'finished';

function compare(output: OutputInspection, input: InputInspection, isOver: boolean): void {
  const found = (what: string): never => {
    throw new Violation('I18', `channel ${input.channel}: ${what}`, { output, input });
  };
  if (input.receivedThrough > output.sentThrough) found('more is received than was sent');
  if (input.consumedThrough > input.receivedThrough) found('more is consumed than was received');
  if (input.grantedThrough !== null && output.grantedThrough !== null) {
    if (output.grantedThrough > input.grantedThrough) found('the sender has more credit than was granted');
    if (input.grantedThrough > input.consumedThrough + defaultTaskOptions.channelWindowFrames)
      found('more than a window is granted');
  }
  if (input.records > output.records) found('more records are taken out than were put in');
  if (isOver && input.records !== output.records) found('both sides have drained, and records are missing');
}
