import { createInbox, type Msg } from '@nats-io/transport-node';
import type { ProcessName } from '../../../actors/protocol/ids.js';
import type { Clock, Timer } from '../../ports/clock.js';
import type { NatsLink } from '../../transport/nats/nats-link.js';
import { everyLogLinesSubject, everyLogSubject, logLinesSubject, logSubject } from '../../transport/nats/subjects.js';
import { type LogLine, parseLogLine } from './log-line.js';
import { decodeLines, encodeRequest, type LogLines } from './log-wire.js';

const nobodyListens = 503;
/** Of every process: after so long without another answer, no more is expected. */
const quietMs = 300;
const leaseMs = 15_000;
const renewEveryMsDefault = 5_000;

export interface LogReaderOptions {
  readonly link: NatsLink;
  readonly clock: Clock;
  /** Null: every process of the cluster. */
  readonly process: ProcessName | null;
  /** How long an answer may take. */
  readonly waitMs: number;
  /** How often those who are followed are asked to go on, which is also how soon a new process is heard. */
  readonly renewEveryMs?: number;
}

export type LogTail =
  | { readonly outcome: 'read'; readonly lines: readonly LogLine[] }
  | { readonly outcome: 'nobody' | 'noAnswer' };

/** Asks processes for their logs, and follows them: each line once, in the order of its process. */
export class LogReader {
  /** By life, the number of the last line that came. */
  private readonly known = new Map<string, number>();
  private readonly inbox: string;
  private heard: (lines: LogLines | null) => void = () => undefined;
  private renewal: Timer | null = null;

  constructor(private readonly options: LogReaderOptions) {
    const { link } = options;
    this.inbox = createInbox(link.inboxPrefix);
    link.connection.subscribe(this.inbox, {
      callback: (error, message) => {
        if (error === null) this.heard(message.headers?.code === nobodyListens ? null : decodeLines(message.data));
      },
    });
  }

  /** The lines that are kept, in the order of their times. */
  tail(): Promise<LogTail> {
    const { clock, process, waitMs } = this.options;
    return new Promise((resolve) => {
      const lines: LogLine[] = [];
      let answers = 0;
      let quiet: Timer | null = null;
      const settle = (tail: LogTail): void => {
        deadline.cancel();
        quiet?.cancel();
        this.heard = () => undefined;
        resolve(tail);
      };
      const settleRead = (): void => settle({ outcome: 'read', lines: lines.sort(byTime) });
      const deadline = clock.setTimer(waitMs, () => (answers === 0 ? settle({ outcome: 'noAnswer' }) : settleRead()));
      this.heard = (answer) => {
        if (answer === null) return settle({ outcome: 'nobody' });
        answers += 1;
        lines.push(...this.news(answer).lines);
        if (process !== null) return settleRead();
        quiet?.cancel();
        quiet = clock.setTimer(quietMs, settleRead);
      };
      this.ask(0);
    });
  }

  /**
   * From now on `take` gets each new line, and `missed` how many of a process were left out, until `stop`. A process that is started
   * again is heard from its first line on.
   */
  follow(take: (line: LogLine) => void, missed: (process: ProcessName, count: number) => void): void {
    const { link, process } = this.options;
    const hear = (lines: LogLines | null): void => {
      if (lines === null) return;
      const news = this.news(lines);
      if (news.missed > 0) missed(lines.process, news.missed);
      for (const line of news.lines) take(line);
    };
    this.heard = hear;
    const subject = process === null ? everyLogLinesSubject(link.cluster) : logLinesSubject(link.cluster, process);
    link.connection.subscribe(subject, {
      callback: (error: Error | null, message: Msg) => {
        if (error === null) hear(decodeLines(message.data));
      },
    });
    this.renew();
  }

  stop(): void {
    this.renewal?.cancel();
  }

  private renew(): void {
    this.ask(leaseMs);
    const { clock, renewEveryMs = renewEveryMsDefault } = this.options;
    this.renewal = clock.setTimer(renewEveryMs, () => this.renew());
  }

  private ask(forMs: number): void {
    const { link, process } = this.options;
    if (!link.up) return;
    const subject = process === null ? everyLogSubject(link.cluster) : logSubject(link.cluster, process);
    const request = encodeRequest({ known: Object.fromEntries(this.known), leaseMs: forMs });
    link.connection.publish(subject, request, { reply: this.inbox });
  }

  private news({ life, lines }: LogLines): { readonly lines: readonly LogLine[]; readonly missed: number } {
    const before = this.known.get(life);
    const fresh = lines.filter(({ seq }) => seq > (before ?? 0));
    const last = fresh.at(-1);
    if (last === undefined) return { lines: [], missed: 0 };
    this.known.set(life, last.seq);
    return {
      lines: fresh.map(({ text }) => parseLogLine(text)).filter((line) => line !== null),
      // Of a log that is read for the first time only the last lines are there.
      missed: before === undefined ? 0 : last.seq - before - fresh.length,
    };
  }
}

const byTime = (a: LogLine, b: LogLine): number => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0);
