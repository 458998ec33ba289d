import { format } from 'node:util';
import type { ConsoleLine } from './slot-messages.js';

type Level = ConsoleLine['level'];

const levels = { debug: 'debug', log: 'info', info: 'info', warn: 'warn', error: 'error', trace: 'debug' } as const;

/** From now on the console of this thread tells its lines to `tell`, as text. What else a console can do stays as it was. */
export function tellConsole(tell: (level: Level, text: string) => void): void {
  for (const [method, level] of Object.entries(levels) as [keyof typeof levels, Level][]) {
    console[method] = (...values: readonly unknown[]): void => tell(level, format(...values));
  }
}
