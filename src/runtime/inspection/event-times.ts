import { createInbox, type Msg } from '@nats-io/transport-node';
import type { JobId, ProcessName, SubtaskKey } from '../../../actors/protocol/ids.js';
import type { Clock } from '../../ports/clock.js';
import type { InputTime, SlotCounts } from '../../ports/subtask-counts.js';
import type { NatsLink } from '../../transport/nats/nats-link.js';
import { timesSubject } from '../../transport/nats/subjects.js';

/** How far one subtask is in event time; `end` behind its last record, null before the first watermark. */
export interface EventTimes {
  readonly subtask: SubtaskKey;
  readonly watermarkMs: Watermark;
  readonly outputWatermarkMs: Watermark;
  readonly inputs: readonly (Omit<InputTime, 'watermarkMs'> & { readonly watermarkMs: Watermark })[];
}

/** Plain JSON has no infinity. */
export type Watermark = number | 'end' | null;

interface TimesAnswer {
  readonly process: ProcessName;
  readonly subtasks: readonly EventTimes[];
}

const text = { encode: new TextEncoder(), decode: new TextDecoder() } as const;

/** Answers, in a task manager, from what its slots have counted last; it asks nobody and keeps nobody waiting. */
export class EventTimesService {
  private readonly slots = new Map<number, SlotCounts>();

  constructor(link: NatsLink, process: ProcessName) {
    link.connection.subscribe(timesSubject(link.cluster), {
      callback: (error: Error | null, message: Msg) => {
        if (error !== null) return;
        const answer: TimesAnswer = { process, subtasks: this.of(text.decode.decode(message.data)) };
        message.respond(text.encode.encode(JSON.stringify(answer)));
      },
    });
  }

  counted(slot: number, counts: SlotCounts | null): void {
    if (counts === null) this.slots.delete(slot);
    else this.slots.set(slot, counts);
  }

  private of(job: JobId): readonly EventTimes[] {
    const counts = [...this.slots.values()].filter(({ allocation }) => allocation.job === job);
    return counts
      .flatMap(({ subtasks }) => subtasks)
      .map(({ subtask, inputWatermarkMs, outputWatermarkMs, inputTimes }) => ({
        subtask,
        watermarkMs: plain(inputWatermarkMs),
        outputWatermarkMs: plain(outputWatermarkMs),
        inputs: inputTimes.map((time) => ({ ...time, watermarkMs: plain(time.watermarkMs) })),
      }));
  }
}

const plain = (watermarkMs: number | null): Watermark =>
  watermarkMs === Number.POSITIVE_INFINITY ? 'end' : watermarkMs;

/**
 * Asks for the event times of a job; settles when all of these processes have answered, or after `waitMs` with those that have: of one that is
 * lost just now nobody knows how far it is.
 */
export function askEventTimes(
  link: NatsLink,
  clock: Clock,
  options: { readonly job: JobId; readonly processes: ReadonlySet<ProcessName>; readonly waitMs: number },
): Promise<readonly EventTimes[]> {
  const { job, processes, waitMs } = options;
  if (processes.size === 0) return Promise.resolve([]);
  return new Promise((resolve) => {
    const answers = new Map<ProcessName, TimesAnswer>();
    const inbox = createInbox(link.inboxPrefix);
    const settle = (): void => {
      deadline.cancel();
      subscription.unsubscribe();
      resolve([...answers.values()].flatMap(({ subtasks }) => subtasks));
    };
    const deadline = clock.setTimer(waitMs, settle);
    const subscription = link.connection.subscribe(inbox, {
      callback: (error: Error | null, message: Msg) => {
        const answer = error === null ? answerOf(message) : null;
        if (answer === null || !processes.has(answer.process)) return;
        answers.set(answer.process, answer);
        if (answers.size === processes.size) settle();
      },
    });
    link.connection.publish(timesSubject(link.cluster), text.encode.encode(job), { reply: inbox });
  });
}

/** Null for what is none: nobody listened, or a stranger answered. */
function answerOf(message: Msg): TimesAnswer | null {
  try {
    const answer = JSON.parse(text.decode.decode(message.data)) as Partial<TimesAnswer> | null;
    const { process, subtasks } = answer ?? {};
    return typeof process === 'string' && Array.isArray(subtasks) ? { process, subtasks } : null;
  } catch {
    return null; // Anybody can publish anything there.
  }
}
