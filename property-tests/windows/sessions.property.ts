import fc from 'fast-check';
import { expect, it } from 'vitest';
import { processed, type Sale, WindowRun } from '../../specs/engine/windows/window-run.js';
import { eventTimeTrigger } from '../../src/api/triggers.js';
import { sessionEventTimeWindows } from '../../src/api/windows.js';
import { SessionOperator } from '../../src/operators/window-operator-sessions.js';
import type { Trigger } from '../../src/window/trigger.js';
import type { TimeWindow } from '../../src/window/window.js';

const seed = 20_261_120;

/** In all it does the trigger that sessions have by themselves, and another object: its timers do not lag behind. */
const own: Trigger<Sale, TimeWindow> = new Proxy(eventTimeTrigger() as unknown as Trigger<Sale, TimeWindow>, {});

const assigner = sessionEventTimeWindows<Sale>({ gapMs: ({ n }) => n });
const computation = processed<TimeWindow>((all, { window: { start, end }, emit }) =>
  emit(`[${start}, ${end}) ${all.map(({ n }) => n).join(' ')}`),
);

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('record' as const),
      at: fc.nat(120),
      gapMs: fc.integer({ min: 1, max: 20 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('watermark' as const), byMs: fc.nat(15) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restore' as const) }) },
);

/** Sessions that end at one watermark come in the order in which their timers were set. */
const sorted = (out: readonly unknown[]): readonly string[] => out.map((each) => JSON.stringify(each)).sort();

it(`sessions whose timers lag behind put out what others do, with late records and failures (seed ${seed})`, () => {
  let results = 0;
  const steps = fc.array(step, { maxLength: 60, size: 'max' });
  fc.assert(
    fc.property(steps, fc.constantFrom(0, 5, 20, 1_000), (all, allowedLatenessMs) => {
      let lagging = new WindowRun<TimeWindow>({ assigner, computation, allowedLatenessMs });
      let exact = new WindowRun<TimeWindow>({ assigner, computation, allowedLatenessMs, trigger: own });
      expect(lagging.operator).toBeInstanceOf(SessionOperator);
      expect(exact.operator).not.toBeInstanceOf(SessionOperator);
      let watermark = 0;
      for (const each of [...all, { kind: 'watermark' as const, byMs: 5_000 }]) {
        if (each.kind === 'record') for (const run of [lagging, exact]) run.a([each.at, each.gapMs]);
        else if (each.kind === 'restore') {
          lagging = lagging.restored();
          exact = exact.restored();
        } else {
          watermark += each.byMs;
          for (const run of [lagging, exact]) run.watermark(watermark);
        }
        const out = sorted(lagging.out());
        results += out.length;
        expect(out).toEqual(sorted(exact.out()));
      }
      expect([lagging, exact].map((run) => run.groupsWithState())).toEqual([0, 0]);
    }),
    { seed, numRuns: 300 },
  );
  expect(results).toBeGreaterThan(500);
});
