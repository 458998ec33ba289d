import { type Logger, pino } from 'pino';
import type { LogFields, LogLevel } from './log-line.js';
import { LogRing, type RingLine } from './log-ring.js';

const textCharactersMax = 8_192;

export interface ProcessLogOptions {
  readonly level: LogLevel;
  readonly cluster: string;
  readonly process: string;
  /** Gets each line as JSON, without the newline. */
  readonly write: (line: string) => void;
}

/** The log of one process: every line goes to `write`, is kept for a while, and goes to whoever follows. */
export class ProcessLog {
  readonly ring = new LogRing();
  /** Told of each line; one at most. */
  follower: ((line: RingLine) => void) | null = null;
  private readonly logger: Logger;
  private identity: { readonly incarnation?: string; readonly epoch?: number } = {};

  constructor({ level, cluster, process, write }: ProcessLogOptions) {
    this.logger = pino(
      {
        level,
        base: { cluster, process },
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        mixin: () => ({ ...this.identity }),
      },
      {
        write: (text) => {
          const line = text.trimEnd();
          write(line);
          const kept = this.ring.push(line);
          this.follower?.(kept);
        },
      },
    );
  }

  /** Whether lines of that level are said at all; what it takes to make one can be spared otherwise. */
  says(level: LogLevel): boolean {
    return this.logger.isLevelEnabled(level);
  }

  /** Known only once the process leads, or has its life. Stands on every line from now on. */
  identify(identity: { readonly incarnation?: string; readonly epoch?: number }): void {
    this.identity = { ...this.identity, ...identity };
  }

  debug(text: string, fields: LogFields = {}): void {
    this.say('debug', text, fields);
  }

  info(text: string, fields: LogFields = {}): void {
    this.say('info', text, fields);
  }

  warn(text: string, fields: LogFields = {}): void {
    this.say('warn', text, fields);
  }

  error(text: string, fields: LogFields = {}): void {
    this.say('error', text, fields);
  }

  say(level: LogLevel, text: string, { stack, ...fields }: LogFields): void {
    // undefined is left out of the line.
    this.logger[level]({ ...fields, stack: stack === '' ? undefined : shortened(stack) }, shortened(text));
  }
}

function shortened<T extends string | undefined>(text: T): T | string {
  return text !== undefined && text.length > textCharactersMax ? `${text.slice(0, textCharactersMax)} …` : text;
}
