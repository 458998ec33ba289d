import type { NatsConnection, Status } from '@nats-io/transport-node';
import type { Failure } from '../../../actors/kernel/failure.js';
import { failure } from '../../../actors/kernel/failure.js';
import type { Clock } from '../../ports/clock.js';
import { describeError } from './describe-error.js';

export interface NatsLinkEvents {
  /** False when the connection is lost, true when it is back; never twice the same in a row. It begins up. */
  readonly onConnection?: (up: boolean) => void;
  /** What a person has to know or mend: a permission that is missing, a message that was too large, the end of the connection. */
  readonly onTrouble?: (trouble: Failure) => void;
}

/** How long the last messages may take to leave before the connection is closed. */
const flushTimeoutMs = 1_000;

/**
 * One connection of a process, which reconnects for ever. Whatever is sent while it is down is lost: the client would otherwise keep
 * it and throw it away at its next attempt to connect, or not, depending on the moment.
 */
export class NatsLink {
  /** Largest payload that the server takes. */
  payloadBytesMax = 0;
  private isUp = true;
  private closing = false;

  constructor(
    readonly connection: NatsConnection,
    readonly cluster: string,
    /** Of the subjects that the server answers to; undefined for the client's own. */
    readonly inboxPrefix: string | undefined,
    private readonly clock: Clock,
    private readonly events: NatsLinkEvents,
  ) {
    this.readLimits();
    this.watch().catch((error: unknown) => this.tell('NATS_CLOSED', describeError(error)));
  }

  get up(): boolean {
    return this.isUp && !this.closing && !this.connection.isClosed();
  }

  tell(code: string, message: string): void {
    this.events.onTrouble?.(failure(code, 'infrastructure', message));
  }

  /** What was sent before leaves first, for as long as a second. Nothing is told of a connection that is being closed. */
  async close(): Promise<void> {
    if (this.closing) return;
    const { isUp } = this;
    this.closing = true;
    if (isUp) await this.flushed();
    await this.connection.close();
  }

  /** Settles when the server has taken what was sent before, when the connection is lost, or after a second. */
  private flushed(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.clock.setTimer(flushTimeoutMs, resolve);
      const settle = (): void => {
        timer.cancel();
        resolve();
      };
      this.connection.flush().then(settle, settle);
    });
  }

  private async watch(): Promise<void> {
    for await (const status of this.connection.status()) if (!this.closing) this.onStatus(status);
  }

  private onStatus(status: Status): void {
    switch (status.type) {
      case 'disconnect':
        return this.turn(false);
      case 'reconnect':
        this.readLimits();
        return this.turn(true);
      case 'close':
        this.turn(false);
        return this.tell('NATS_CLOSED', 'The connection to NATS was closed for good. Start this process again.');
      case 'error': {
        const message = `NATS refused something of this process: ${describeError(status.error)}. Look at its permissions and limits.`;
        return this.tell('NATS_REFUSED', message);
      }
      default:
        return;
    }
  }

  /** They may have changed with the server; while there is none, those of the last one hold. */
  private readLimits(): void {
    this.payloadBytesMax = this.connection.info?.max_payload ?? this.payloadBytesMax;
  }

  private turn(up: boolean): void {
    if (up === this.isUp) return;
    this.isUp = up;
    this.events.onConnection?.(up);
  }
}
