import type { Failure } from '../../../actors/protocol/failure.js';
import type { Clock } from '../../ports/clock.js';
import type { NatsOptions } from '../../transport/nats/connect.js';

type Events = Pick<NatsOptions, 'onConnection' | 'onTrouble' | 'onWaiting'>;

export interface LinkListener {
  /** The control connection is lost, or back. */
  readonly changed: (up: boolean) => void;
  /** A connection is closed for good. */
  readonly closed: (failure: Failure) => void;
}

const quietMs = 10_000;

/** What happens to the connections of one process: said to a person, and told to the process once that has begun. */
export class LinkWatch {
  readonly control: Events;
  readonly other: Events;
  private listener: LinkListener | null = null;
  private lost: Failure | null = null;
  private up = true;

  /** When a trouble of each kind was told last. */
  private readonly toldMs = new Map<string, number>();

  constructor(
    private readonly say: (line: string) => void,
    private readonly clock: Clock,
  ) {
    const onTrouble = (failure: Failure): void => this.trouble(failure);
    this.control = { onTrouble, onWaiting: say, onConnection: (up) => this.turn(up) };
    this.other = { onTrouble, onWaiting: say };
  }

  /** What has happened before is told now. */
  begin(listener: LinkListener): void {
    this.listener = listener;
    if (!this.up) listener.changed(false);
    if (this.lost !== null) listener.closed(this.lost);
  }

  private turn(up: boolean): void {
    this.up = up;
    this.say(up ? 'the connection to NATS is back' : 'the connection to NATS is lost; trying until it is back');
    this.listener?.changed(up);
  }

  private trouble(failure: Failure): void {
    if (failure.code === 'NATS_CLOSED') {
      this.lost = failure;
      this.listener?.closed(failure);
      return;
    }
    // What is asked again a few times a second would fill the log with one trouble.
    const nowMs = this.clock.monotonicMs();
    const toldMs = this.toldMs.get(failure.code) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - toldMs < quietMs) return;
    this.toldMs.set(failure.code, nowMs);
    this.say(failure.message);
  }
}
