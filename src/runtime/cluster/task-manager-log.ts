import type { SlotReport } from '../../../actors/protocol/deployment.js';
import type { TaskManagerMessage } from '../../../actors/task-manager/messages.js';
import type { TaskTrace, TraceRecord } from '../../ports/telemetry.js';

/** What the steps of a task manager mean to whoever runs it: a line for each change that matters, and for no repetition. */
export class TaskManagerLog {
  private readonly held = new Map<number, string>();
  private alone = false;

  constructor(
    private readonly cluster: string,
    private readonly say: (line: string) => void,
  ) {}

  trace({ actor, message, fromState, toState, verdict }: TraceRecord): void {
    if (actor !== 'task-manager' || verdict.kind === 'dropped') return;
    const { type } = message;
    if (type === 'slot.changed') this.slot((message as Extract<TaskManagerMessage, { type: 'slot.changed' }>).report);
    if (toState === 'registering' && fromState === 'serving') this.say('the job manager is silent; registering again');
    if (toState === 'registering' && (type === 'ask.unreachable' || type === 'ask.absent')) this.waiting();
    if (toState === 'serving' && fromState !== 'serving') {
      this.alone = false;
      this.say('registered');
    }
    if (toState === 'draining' && fromState !== 'draining') this.say('draining: takes nothing new, ends what runs');
  }

  /** What a person has to mend, from the thread of a slot. */
  task({ what, detail }: TaskTrace): void {
    if (what === 'links.trouble') this.say(`slot ${String(detail.slot)}: ${String(detail.message)}`);
  }

  private waiting(): void {
    if (!this.alone) this.say(`no job manager in cluster '${this.cluster}' just now; asking until there is one`);
    this.alone = true;
  }

  private slot({ slot, allocation, subtasks }: SlotReport): void {
    const text = allocation === null ? 'free' : `${allocation.job} [${subtasks.join(' ')}]`;
    if (text === (this.held.get(slot) ?? 'free')) return;
    this.held.set(slot, text);
    this.say(`slot ${slot}: ${text}`);
  }
}
