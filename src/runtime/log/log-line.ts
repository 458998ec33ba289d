export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What a line is about, where it is about something of a job. */
export interface LogFields {
  readonly job?: string | undefined;
  /** Of the leader: on its own lines, and on those about what it has started elsewhere. */
  readonly epoch?: number | undefined;
  /** `epoch.round` */
  readonly run?: string | undefined;
  readonly slot?: number | undefined;
  readonly vertex?: string | undefined;
  /** Index among the subtasks of the vertex. */
  readonly subtask?: number | undefined;
  /** The run that this execution of the subtask belongs to. */
  readonly attempt?: string | undefined;
  /** Of a failure. */
  readonly code?: string | undefined;
  readonly stack?: string | undefined;
  /** Code of the job wrote it to its console. */
  readonly console?: true | undefined;
}

/** One line of a process's log, as it is written with `--log-format json`. */
export interface LogLine extends LogFields {
  readonly level: LogLevel;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly cluster: string;
  readonly process: string;
  readonly incarnation?: string;
  readonly msg: string;
}

export const isAtLeast = (level: LogLevel, least: LogLevel): boolean =>
  logLevels.indexOf(level) >= logLevels.indexOf(least);

/** Null for what is no line of a log. */
export function parseLogLine(json: string): LogLine | null {
  try {
    const line: unknown = JSON.parse(json);
    return isLogLine(line) ? line : null;
  } catch {
    return null; // It came from outside and may be anything.
  }
}

function isLogLine(line: unknown): line is LogLine {
  if (typeof line !== 'object' || line === null) return false;
  const { level, time, process, msg } = line as Partial<Record<keyof LogLine, unknown>>;
  return typeof time === 'string' && typeof process === 'string' && typeof msg === 'string' && isLevel(level);
}

const isLevel = (level: unknown): level is LogLevel => logLevels.some((each) => each === level);

/** As a person reads it: what was said, whose console it was, and the stack of a failure under it. */
export function logText({ msg, stack = '', console, job, vertex, subtask, slot }: LogLine): string {
  const whose = vertex === undefined ? `slot ${slot}` : `${vertex}#${subtask}`;
  const said = console === true ? `[${job} ${whose}] ${msg}` : msg;
  const frames = stack.split('\n').filter((line) => line.trim().startsWith('at '));
  return [said, ...frames].join('\n');
}
