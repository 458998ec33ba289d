import type { AskId } from '../../../actors/kernel/message.js';
import type { Clock, Timer } from '../../ports/clock.js';

interface OpenAsk {
  repeat: Timer;
  readonly deadline: Timer;
}

export interface AskRequest {
  readonly id: AskId;
  readonly everyMs: number;
  readonly deadlineMs: number;
  /** Sends the question once. */
  readonly ask: () => void;
  readonly expired: () => void;
}

/** The open questions of one actor: sent again until answered, taken back, or expired. */
export class Asks {
  private readonly open = new Map<AskId, OpenAsk>();

  constructor(private readonly clock: Clock) {}

  /** A question asked again under the same id takes the place of the earlier one. */
  start(request: AskRequest): void {
    this.take(request.id);
    // Stays open until `expired` leaves the mailbox, so that an answer queued before it still counts.
    const deadline = this.clock.setTimer(request.deadlineMs, request.expired);
    this.open.set(request.id, { repeat: this.repeatLater(request), deadline });
    request.ask();
  }

  /** Ends the question. False when it is not open: answered before, or taken back. */
  take(id: AskId): boolean {
    const ask = this.open.get(id);
    if (ask === undefined) return false;
    ask.repeat.cancel();
    ask.deadline.cancel();
    this.open.delete(id);
    return true;
  }

  isOpen(id: AskId): boolean {
    return this.open.has(id);
  }

  ids(): readonly AskId[] {
    return [...this.open.keys()];
  }

  endAll(): void {
    for (const id of [...this.open.keys()]) this.take(id);
  }

  private repeatLater(request: AskRequest): Timer {
    return this.clock.setTimer(request.everyMs, () => {
      const ask = this.open.get(request.id);
      if (ask === undefined) return;
      ask.repeat = this.repeatLater(request);
      request.ask();
    });
  }
}
