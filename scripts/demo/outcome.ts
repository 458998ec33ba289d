import { compare } from './compare.js';
import type { Input } from './input.js';
import type { LiveLine } from './live-line.js';
import type { DemoOutcome } from './plan.js';
import type { RecoveryLog } from './recovery-log.js';

/** Tells the recoveries, compares what was committed with a plain computation, and sums up. */
export async function outcomeOf(log: RecoveryLog, input: Input, output: string, live: LiveLine): Promise<DemoOutcome> {
  if (log.recoveries.length > 0) live.say(log.text());
  const { rows, airports, differences } = await compare(input, output);
  live.say(
    `${rows.toLocaleString('en-US')} rows committed for ${airports} airports, compared with a plain computation over the files`,
  );
  const [detection, recovery] = [log.detection(), log.recovery()];
  const summary = {
    records: input.records,
    kills: log.recoveries.length,
    restarts: log.restarts,
    detectionMs: detection?.medianMs ?? null,
    recoveryMs: recovery?.medianMs ?? null,
    checkpoints: log.checkpoints,
    rescales: log.rescales,
    exactlyOnce: differences.length === 0,
  };
  return { summary, detection, recovery, differences };
}
