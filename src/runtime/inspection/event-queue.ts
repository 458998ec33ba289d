import type { Failure } from '../../../actors/protocol/failure.js';
import { EngineError } from '../../api/engine-error.js';
import type { InspectEvent } from './views.js';

/** For a reader that is slower than the cluster; what comes beyond it is counted. */
const eventsMax = 10_000;

/** What has happened and nobody has taken yet, with the end after it. One reader. */
export class EventQueue {
  private readonly events: InspectEvent[] = [];
  private dropped = 0;
  private end: { readonly failure: Failure | null } | null = null;
  private waiting: (() => void) | null = null;

  push(event: InspectEvent): void {
    if (this.end !== null) return;
    if (this.events.length >= eventsMax) this.dropped += 1;
    else this.events.push(event);
    this.wake();
  }

  /** After this only what is there already is given. A failure is thrown at whoever reads on. */
  close(failure: Failure | null): void {
    this.end ??= { failure };
    this.wake();
  }

  async *read(): AsyncGenerator<InspectEvent, void, undefined> {
    for (;;) {
      yield* this.events.splice(0);
      if (this.dropped > 0) yield this.takeDropped();
      if (this.events.length > 0) continue;
      if (this.end !== null) {
        if (this.end.failure !== null) throw new EngineError(this.end.failure);
        return;
      }
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
      });
    }
  }

  private takeDropped(): InspectEvent {
    const count = this.dropped;
    this.dropped = 0;
    return { kind: 'dropped', process: null, count };
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = null;
    waiting?.();
  }
}
