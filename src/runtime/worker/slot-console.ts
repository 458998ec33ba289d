import { format } from 'node:util';
import type { Clock } from '../../ports/clock.js';
import type { ConsoleLine } from './slot-messages.js';

type Level = ConsoleLine['level'];
type Tell = (level: Level, text: string) => void;

const levels = { debug: 'debug', log: 'info', info: 'info', warn: 'warn', error: 'error', trace: 'debug' } as const;

/** What a slot may say a second. A log is no place for every record, and the main thread has heartbeats to answer. */
const linesPerPeriodMax = 1_000;
const periodMs = 1_000;

/** From now on the console of this thread tells its lines to `tell`, as text. What else a console can do stays as it was. */
export function tellConsole(tell: Tell, clock: Clock): void {
  const bounded = new BoundedLines(tell, clock);
  for (const [method, level] of Object.entries(levels) as [keyof typeof levels, Level][]) {
    console[method] = (...values: readonly unknown[]): void => bounded.say(level, values);
  }
}

/** Passes on so many lines a second; how many more there were is said when the second is over. */
export class BoundedLines {
  private sinceMs = Number.NEGATIVE_INFINITY;
  private said = 0;
  private left = 0;

  constructor(
    private readonly tell: Tell,
    private readonly clock: Clock,
  ) {}

  say(level: Level, values: readonly unknown[]): void {
    const nowMs = this.clock.monotonicMs();
    if (this.left === 0 && nowMs - this.sinceMs >= periodMs) {
      this.sinceMs = nowMs;
      this.said = 0;
    }
    if (this.said < linesPerPeriodMax) {
      this.said += 1;
      return this.tell(level, format(...values));
    }
    if (this.left === 0) this.clock.setTimer(Math.max(0, this.sinceMs + periodMs - nowMs), () => this.resume());
    this.left += 1;
  }

  private resume(): void {
    const { left } = this;
    this.left = 0;
    this.tell(
      'warn',
      `${left} more lines of this console were left out: at most ${linesPerPeriodMax} a second are kept`,
    );
  }
}
