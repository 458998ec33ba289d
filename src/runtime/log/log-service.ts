import type { Msg } from '@nats-io/transport-node';
import type { ProcessName } from '../../../actors/protocol/ids.js';
import type { Clock, Entropy, Timer } from '../../ports/clock.js';
import type { NatsLink } from '../../transport/nats/nats-link.js';
import { everyLogSubject, logLinesSubject, logSubject } from '../../transport/nats/subjects.js';
import type { RingLine } from './log-ring.js';
import { decodeRequest, encodeLines, type LogLines } from './log-wire.js';
import type { ProcessLog } from './process-log.js';

const batchEveryMs = 100;
/** Ten times a second at most: what is more is left out, so that a job that prints a lot takes no connection for itself. */
const batchCharactersMax = 65_536;
const leaseMsMax = 60_000;

export interface LogServiceOptions {
  readonly log: ProcessLog;
  readonly link: NatsLink;
  readonly process: ProcessName;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/**
 * Answers who asks for the log of this process, and publishes its lines while somebody's lease lasts; otherwise it costs nothing. It
 * never waits for anybody: what does not fit into a batch is left out, and seen to be by its number.
 */
export class LogService {
  private readonly life: string;
  private leaseUntilMs = 0;
  private batch: RingLine[] = [];
  private batchCharacters = 0;
  private timer: Timer | null = null;

  constructor(private readonly options: LogServiceOptions) {
    const { log, link, process, entropy } = options;
    this.life = entropy.id();
    const callback = (error: Error | null, message: Msg): void => {
      if (error === null) this.answer(message);
    };
    link.connection.subscribe(logSubject(link.cluster, process), { callback });
    link.connection.subscribe(everyLogSubject(link.cluster), { callback });
    log.follower = (line) => this.publish(line);
  }

  private answer(message: Msg): void {
    const { log, clock } = this.options;
    const request = decodeRequest(message.data);
    if (request === null) return;
    const { known, leaseMs } = request;
    if (leaseMs > 0) {
      this.leaseUntilMs = Math.max(this.leaseUntilMs, clock.monotonicMs() + Math.min(leaseMs, leaseMsMax));
    }
    message.respond(encodeLines(this.of(log.ring.after(known[this.life] ?? 0))));
  }

  private publish(line: RingLine): void {
    const { clock } = this.options;
    if (clock.monotonicMs() >= this.leaseUntilMs) return;
    if (this.batchCharacters + line.text.length > batchCharactersMax) return;
    this.batch.push(line);
    this.batchCharacters += line.text.length;
    this.timer ??= clock.setTimer(batchEveryMs, () => this.flush());
  }

  private flush(): void {
    const { link, process } = this.options;
    const lines = this.batch;
    this.timer = null;
    this.batch = [];
    this.batchCharacters = 0;
    if (link.up) link.connection.publish(logLinesSubject(link.cluster, process), encodeLines(this.of(lines)));
  }

  private of(lines: readonly RingLine[]): LogLines {
    return { process: this.options.process, life: this.life, lines };
  }
}
