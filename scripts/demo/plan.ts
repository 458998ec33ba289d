export interface DemoOptions {
  /** An empty folder for input, checkpoints and output. */
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
  readonly print: (line: string) => void;
}

export interface DemoSummary {
  readonly records: number;
  readonly kills: number;
  readonly restarts: number;
  /** From the kill to `pausing`, of the one that was noticed last. */
  readonly detectionMs: number | null;
  /** From the kill to `running`, of the slowest. */
  readonly recoveryMs: number | null;
  readonly checkpoints: number;
  readonly exactlyOnce: boolean;
}

export interface DemoOutcome {
  readonly summary: DemoSummary;
  readonly differences: readonly string[];
}

const firstKillMs = 1_500;
const killEveryMs = 1_500;
const afterLastKillMs = 2_500;
const jitterMs = 400;
const deadlineMs = 120_000;

/** How many records a second, so that the input lasts beyond the last kill. */
export function rateFor(records: number, kills: number): number {
  const lastsMs = firstKillMs + Math.max(0, kills - 1) * killEveryMs + afterLastKillMs;
  return Math.ceil((records * 1_000) / lastsMs);
}

/** When to kill, counted from the start of the job. */
export function killMoments(kills: number, seed: number): readonly number[] {
  return Array.from(
    { length: kills },
    (_, index) => firstKillMs + index * killEveryMs + ((seed * 7_919 + index * 104_729) % jitterMs),
  );
}

export function progressLine(state: string, checkpoints: number, bytes: number): string {
  return `${state.padEnd(20)} ${String(checkpoints).padStart(3)} checkpoints  ${(bytes / 1_000).toFixed(0).padStart(6)} kB committed`;
}

/** Rejects when the demo takes far longer than it should. */
export async function withDeadline<T>(result: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The demo has not ended within ${deadlineMs / 1_000} s.`)), deadlineMs);
  });
  try {
    return await Promise.race([result, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
