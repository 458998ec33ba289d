import type { FaultKind } from './plan.js';

export interface ChaosSummary {
  readonly seed: number;
  readonly records: number;
  readonly faults: number;
  readonly faultsByKind: Readonly<Record<FaultKind, number>>;
  /** How often a job came back to work, both jobs together. */
  readonly restarts: number;
  /** Of both jobs together. */
  readonly checkpoints: number;
  /** From leaving its work to being back at it, of the job and fault that took longest. */
  readonly slowestRecoveryMs: number | null;
  /** From the end of the last fault to the end of the jobs. */
  readonly afterHealingMs: number;
  /** Files in progress or pending that nobody cleared away. Readers pass over them. */
  readonly hiddenLeft: number;
  /** How often a process ended that nobody had killed. */
  readonly endedThemselves: number;
  readonly exactlyOnce: boolean;
}

const kindTexts: Readonly<Record<FaultKind, string>> = {
  killTaskManager: 'task manager killed',
  killJobManager: 'job manager killed',
  pause: 'process stopped',
  replace: 'process replaced',
  restartNats: 'nats-server restarted',
  partition: 'partitioned',
};

/** One line for a person, but for the verdict. */
export function summaryText(summary: ChaosSummary): string {
  const { records, faults, faultsByKind, restarts, checkpoints, slowestRecoveryMs } = summary;
  const kinds = Object.entries(faultsByKind).map(([kind, count]) => `${kindTexts[kind as FaultKind]} ${count}`);
  return (
    `${records} records, ${faults} faults (${kinds.join(', ')}), ${restarts} restarts, ` +
    `slowest recovery ${slowestRecoveryMs ?? '–'} ms, ${checkpoints} checkpoints`
  );
}
