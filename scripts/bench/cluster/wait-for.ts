import { setTimeout as pause } from 'node:timers/promises';
import type { Stage } from './bench-cluster.js';

const lookEveryMs = 50;
const deadlineMs = 60_000;

/** Settles when `holds` does; rejects when a process of the stage ends meanwhile, or after a minute. */
export async function waitFor(stage: Stage, what: string, holds: () => boolean): Promise<void> {
  const untilMs = performance.now() + deadlineMs;
  while (!holds()) {
    stage.check();
    if (performance.now() > untilMs) throw new Error(`It took more than ${deadlineMs} ms until ${what}.`);
    await pause(lookEveryMs);
  }
}
