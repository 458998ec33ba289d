import { expect, it } from 'vitest';
import { gapMsDefault } from '../../scripts/chaos/plan.js';
import { runChaos } from '../../scripts/chaos/run.js';
import { folderWith } from './cli-process.js';

/** Beyond what the run allows itself. */
const deadlineMs = 180_000;

it(
  'chaos on real processes, a minute of it, seed 11: every kind of fault, and each record once',
  async () => {
    // Processes killed, stopped and cut off, nats-server restarted under them; what is committed is all that counts.
    const told: string[] = [];
    const { summary, wrong } = await runChaos({
      folder: folderWith({}),
      minutes: 1,
      seed: 11,
      gapMs: gapMsDefault,
      store: 'folder',
      print: (line) => told.push(line),
    });
    expect(wrong, told.join('\n')).toEqual([]);
    expect(Math.min(...Object.values(summary.faultsByKind)), told.join('\n')).toBeGreaterThan(0);
    expect(summary).toMatchObject({
      records: 120_000,
      faults: 6,
      hiddenLeft: 0,
      endedThemselves: 0,
      exactlyOnce: true,
    });
    expect(summary.restarts).toBeGreaterThan(0);
  },
  deadlineMs,
);
