import type { Clock } from '../../ports/clock.js';
import { isNobodyThere, isUnanswered, NoAnswer } from './outcomes.js';

/** How soon a request that nobody took is made again. */
const retryMs = 50;

/** Requests to JetStream with an end: what nobody takes is made again until the deadline, and then nobody answered. */
export class Requests {
  constructor(
    private readonly clock: Clock,
    readonly timeoutMs: number,
  ) {}

  /** Rejects with NoAnswer when `request` is not settled by the deadline; it may be performed later. */
  make<T>(request: () => Promise<T>, timeoutMs = this.timeoutMs): Promise<T> {
    return this.repeat(request, timeoutMs, isNobodyThere);
  }

  /** As `make`, for what may be performed twice: it is made again also when its answer was lost, with the connection for example. */
  insist<T>(request: () => Promise<T>, timeoutMs: number): Promise<T> {
    return this.repeat(request, timeoutMs, isUnanswered);
  }

  private async repeat<T>(
    request: () => Promise<T>,
    timeoutMs: number,
    isRepeated: (error: unknown) => boolean,
  ): Promise<T> {
    const untilMs = this.clock.monotonicMs() + timeoutMs;
    for (;;) {
      try {
        return await this.within(request(), untilMs - this.clock.monotonicMs());
      } catch (error) {
        if (!isRepeated(error)) throw error;
        if (this.clock.monotonicMs() + retryMs >= untilMs)
          throw new NoAnswer(isNobodyThere(error) ? 'nobody took the request' : 'no answer in time', { cause: error });
      }
      await this.pause();
    }
  }

  private within<T>(work: Promise<T>, leftMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.setTimer(Math.max(1, leftMs), () => reject(new NoAnswer('no answer in time')));
      work.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      this.clock.setTimer(retryMs, resolve);
    });
  }
}
