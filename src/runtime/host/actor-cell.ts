import type { Actor } from '../../../actors/kernel/actor.js';
import type { ActorState } from '../../../actors/kernel/step.js';
import type { ActorName } from '../../../actors/protocol/ids.js';
import type { Clock, Timer } from '../../ports/clock.js';
import { Asks } from './asks.js';

/** One life of one actor in a host: its state, its timers and its open questions end together. */
export class ActorCell {
  readonly asks: Asks;
  state: ActorState | null = null;
  /** When it came into that state. */
  sinceMs = 0;
  private readonly timers = new Map<string, { readonly generation: number; readonly timer: Timer }>();
  private generation = 0;

  constructor(
    readonly name: ActorName,
    readonly actor: Actor,
    private readonly clock: Clock,
  ) {
    this.asks = new Asks(clock);
  }

  /** `fired` gets the generation, which must still be current when the message leaves the mailbox. */
  startTimer(id: string, delayMs: number, fired: (generation: number) => void): void {
    this.stopTimer(id);
    this.generation += 1;
    const generation = this.generation;
    this.timers.set(id, { generation, timer: this.clock.setTimer(delayMs, () => fired(generation)) });
  }

  stopTimer(id: string): void {
    this.timers.get(id)?.timer.cancel();
    this.timers.delete(id);
  }

  /** True for the timer that was started last under this id and not stopped since; it is then used up. */
  takeTimer(id: string, generation: number): boolean {
    if (this.timers.get(id)?.generation !== generation) return false;
    this.timers.delete(id);
    return true;
  }

  end(): void {
    for (const id of [...this.timers.keys()]) this.stopTimer(id);
    this.asks.endAll();
  }
}
