import type { SlotReport } from '../../../actors/protocol/deployment.js';
import type { Failure } from '../../../actors/protocol/failure.js';
import { type Allocation, epochOf, type JobRun, runText, type SubtaskKey } from '../../../actors/protocol/ids.js';
import type { SlotMessage } from '../../../actors/slot/messages.js';
import type { TaskEvent } from '../../../actors/subtask/messages.js';
import type { TaskManagerMessage } from '../../../actors/task-manager/messages.js';
import type { TaskTrace, TraceRecord } from '../../ports/telemetry.js';
import type { LogFields } from '../log/log-line.js';
import type { ProcessLog } from '../log/process-log.js';
import type { ConsoleLine } from '../worker/slot-messages.js';
import { DropLog } from './drop-log.js';
import { sayStep } from './step-log.js';

/** How long after the word of a damaged frame no other is said of. */
const framesQuietMs = 10_000;

/** What the steps of a task manager mean to whoever runs it: a line for each change that matters, and for no repetition. */
export class TaskManagerLog {
  private readonly held = new Map<number, string>();
  private alone = false;
  private readonly drops: DropLog;
  private framesToldMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly cluster: string,
    private readonly log: ProcessLog,
  ) {
    this.drops = new DropLog((line) => log.warn(line));
  }

  trace(record: TraceRecord): void {
    this.drops.note(record);
    const { actor, verdict } = record;
    if (verdict.kind === 'dropped') return;
    if (actor === 'task-manager') this.taskManager(record);
    else if (verdict.kind === 'taken' && actor.startsWith('subtask/')) this.subtask(record);
    else if (verdict.kind === 'taken' && actor.startsWith('slot/')) this.slotActor(record);
    sayStep(this.log, record);
  }

  /** From the thread of a slot: what a person has to mend, and when work goes on. */
  task({ subtask, run, what, detail, atMs }: TaskTrace): void {
    if (what === 'frameDamaged' && atMs - this.framesToldMs >= framesQuietMs) {
      this.framesToldMs = atMs;
      this.log.warn(`dropped a damaged frame${subtask === '' ? '' : ` for ${subtask}`}: ${String(detail.damage)}`);
    }
    if (what === 'firstRecord') {
      this.log.info(`first record in ${subtask}, run ${runText(run)}`, subtaskFields(String(detail.job), run, subtask));
    }
    if (what === 'recordFailed') {
      const { job, operator, message, stack } = detail;
      const text = `operator '${String(operator)}' of ${subtask} has left out its first record: ${String(message)}; more are counted and not told`;
      this.log.warn(text, { ...subtaskFields(String(job), run, subtask), stack: String(stack) });
    }
    if (what !== 'links.trouble') return;
    this.log.warn(`slot ${String(detail.slot)}: ${String(detail.message)}`, { slot: Number(detail.slot) });
  }

  /** What code of a job writes to its console. */
  console(slot: number, { job, run }: Allocation, { level, text, subtask }: ConsoleLine): void {
    const whose = subtask === null ? jobFields(job, run) : subtaskFields(job, run, subtask);
    this.log.say(level, text, { ...whose, slot, console: true });
  }

  private taskManager({ message, fromState, toState, incarnation }: TraceRecord): void {
    const { type } = message;
    if (fromState === null) this.log.identify({ incarnation });
    if (type === 'slot.changed') this.slot((message as Extract<TaskManagerMessage, { type: 'slot.changed' }>).report);
    if (toState === 'registering' && fromState === 'serving') {
      const why = type === 'leader.announced' ? 'a job manager has started' : 'the job manager is silent';
      this.log.warn(`${why}; registering again`);
    }
    if (toState === 'registering' && (type === 'ask.unreachable' || type === 'ask.absent')) this.waiting();
    if (toState === 'serving' && fromState !== 'serving') {
      this.alone = false;
      this.log.info('registered');
    }
    if (toState === 'draining' && fromState !== 'draining') {
      this.log.info('draining: takes nothing new, ends what runs');
    }
  }

  /** An actor is named `subtask/<job>/<run>/<subtask>`. */
  private subtask({ actor, message }: TraceRecord): void {
    const event = message as TaskEvent;
    if (event.type !== 'task.failed') return;
    const [, job = '', run = '', ...subtask] = actor.split('/');
    const key = subtask.join('/');
    this.failed(`subtask ${key} of job ${job} failed`, event.failure, subtaskFields(job, Number(run), key));
  }

  private slotActor({ actor, message }: TraceRecord): void {
    const event = message as SlotMessage;
    if (event.type !== 'slot.loadFailed') return;
    const slot = Number(actor.slice('slot/'.length));
    const { job, run } = event.allocation;
    this.failed(`slot ${slot}: job ${job} cannot be loaded`, event.failure, { ...jobFields(job, run), slot });
  }

  private failed(what: string, { code, message, stack }: Failure, fields: LogFields): void {
    this.log.error(`${what}: ${message} (${code})`, { ...fields, code, stack });
  }

  private waiting(): void {
    if (!this.alone) this.log.warn(`no job manager in cluster '${this.cluster}' just now; asking until there is one`);
    this.alone = true;
  }

  private slot({ slot, allocation, subtasks }: SlotReport): void {
    const text = allocation === null ? 'free' : `${allocation.job} [${subtasks.join(' ')}]`;
    if (text === (this.held.get(slot) ?? 'free')) return;
    this.held.set(slot, text);
    const whose = allocation === null ? {} : jobFields(allocation.job, allocation.run);
    this.log.info(`slot ${slot}: ${text}`, { ...whose, slot });
  }
}

const jobFields = (job: string, run: JobRun): LogFields => ({ job, run: runText(run), epoch: epochOf(run) });

/** Of `vertex#index`. An attempt is known by the run that it belongs to. */
function subtaskFields(job: string, run: JobRun, subtask: SubtaskKey): LogFields {
  const at = subtask.lastIndexOf('#');
  const vertex = subtask.slice(0, at);
  return { ...jobFields(job, run), vertex, subtask: Number(subtask.slice(at + 1)), attempt: runText(run) };
}
