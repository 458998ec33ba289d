import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { World } from '../../specs/engine/task/world.js';
import { maxWatermark } from '../../src/operators/operator.js';
import { LocalChannel } from '../../src/task/channel/local-channel.js';
import { endOfChannel, endOfData } from '../../src/task/elements.js';
import { InputGate } from '../../src/task/gate/input-gate.js';
import { unknownWatermark, Valve } from '../../src/task/gate/valve.js';
import { Gauge } from '../../src/task/gauge.js';
import { defaultTaskOptions } from '../../src/task/task-options.js';

const seed = 20_261_132;

const channels = 3;
const valveCommand = fc.tuple(
  fc.nat(channels - 1),
  fc.oneof(
    { weight: 6, arbitrary: fc.nat(50) },
    { weight: 2, arbitrary: fc.constantFrom('idle', 'active') },
    { weight: 1, arbitrary: fc.constant('finish') },
  ),
);

describe(`watermarks of several channels (seed ${seed})`, () => {
  it('combine to the least one while none is idle, and never fall', () => {
    const watermarks = fc.array(
      fc.tuple(fc.nat(channels - 1), fc.oneof({ weight: 8, arbitrary: fc.nat(50) }, fc.constant('finish'))),
      {
        maxLength: 60,
        size: 'max',
      },
    );
    fc.assert(
      fc.property(watermarks, (items) => {
        const valve = new Valve(channels);
        const own = new Array<number>(channels).fill(unknownWatermark);
        let last = unknownWatermark;
        for (const [channel, said] of items) {
          const { watermark } = typeof said === 'number' ? valve.advance(channel, said) : valve.finish(channel);
          own[channel] = typeof said === 'number' ? Math.max(own[channel] as number, said) : maxWatermark;
          const naive = Math.max(last, Math.min(...own));
          expect(watermark).toBe(naive > last ? naive : null);
          expect(valve.watermark).toBe(naive);
          last = naive;
        }
      }),
      { seed, numRuns: 500 },
    );
  });

  it('never make a record late that its channel could still send, whatever falls idle or finishes', () => {
    // A channel that has never been idle is never overtaken; none is overtaken by what no channel has said.
    fc.assert(
      fc.property(fc.array(valveCommand, { maxLength: 80, size: 'max' }), (items) => {
        const valve = new Valve(channels);
        const own = new Array<number>(channels).fill(unknownWatermark);
        const wasIdle = new Array<boolean>(channels).fill(false);
        const finished = new Array<boolean>(channels).fill(false);
        let last = unknownWatermark;
        for (const [channel, said] of items) {
          if (said === 'finish') {
            valve.finish(channel);
            finished[channel] = true;
          } else if (typeof said === 'string') {
            valve.setIdle(channel, said === 'idle');
            wasIdle[channel] ||= said === 'idle' && !finished[channel];
          } else {
            valve.advance(channel, said);
            if (!finished[channel]) own[channel] = Math.max(own[channel] as number, said);
          }
          const { watermark } = valve;
          expect(watermark).toBeGreaterThanOrEqual(last);
          const allFinished = finished.every((end) => end);
          expect(watermark === maxWatermark).toBe(allFinished);
          if (!allFinished) expect(watermark).toBeLessThanOrEqual(Math.max(...own));
          for (const [index, idle] of wasIdle.entries()) {
            if (!idle && !finished[index]) expect(watermark).toBeLessThanOrEqual(own[index] as number);
          }
          last = watermark;
        }
      }),
      { seed, numRuns: 500 },
    );
  });
});

describe(`race 22: the valve against a naive least (seed ${seed})`, () => {
  it('agrees, whatever falls idle, comes back or finishes, in any order', () => {
    fc.assert(
      fc.property(fc.array(valveCommand, { maxLength: 80, size: 'max' }), (items) => {
        const valve = new Valve(channels);
        const own = new Array<number>(channels).fill(unknownWatermark);
        const idle = new Array<boolean>(channels).fill(false);
        const finished = new Array<boolean>(channels).fill(false);
        let [last, wasIdle] = [unknownWatermark, false];
        for (const [channel, said] of items) {
          // A channel says that it is active before it says another watermark.
          if (idle[channel] && typeof said === 'number') continue;
          const change = said === 'finish' ? valve.finish(channel) : apply(valve, channel, said);
          if (finished[channel]) {
            expect(change).toEqual({ watermark: null, idle: null });
            continue;
          }
          if (said === 'finish') finished[channel] = true;
          else if (typeof said === 'string') idle[channel] = said === 'idle';
          else own[channel] = Math.max(own[channel] as number, said);
          const open = [...own.keys()].filter((index) => !finished[index]);
          const active = open.filter((index) => !idle[index]);
          // One that came back behind what was said meanwhile does not count before it has caught up.
          const counting = active.map((index) => own[index] as number).filter((watermark) => watermark >= last);
          const isIdle = open.length > 0 && active.length === 0;
          const least = counting.length === 0 ? last : Math.min(...counting);
          const greatest = Math.max(...open.map((index) => own[index] as number));
          const now = Math.max(last, open.length === 0 ? maxWatermark : isIdle ? greatest : least);
          expect(change.watermark).toBe(now > last ? now : null);
          expect(valve.watermark).toBe(now);
          if (open.length > 0) {
            expect(change.idle).toBe(isIdle === wasIdle ? null : isIdle);
            wasIdle = isIdle;
          }
          last = now;
        }
      }),
      { seed, numRuns: 2_000 },
    );
  });
});

const apply = (valve: Valve, channel: number, said: number | string) =>
  typeof said === 'number' ? valve.advance(channel, said) : valve.setIdle(channel, said === 'idle');

/** A channel's life: records, barriers in order of their ids, of which some never come, and at some point its end. */
const life = fc
  .record({
    steps: fc.array(
      fc.oneof({ weight: 3, arbitrary: fc.constant('record') }, fc.constantFrom('barrier', 'skipped barrier')),
      {
        maxLength: 20,
        size: 'max',
      },
    ),
    ends: fc.boolean(),
  })
  .map(({ steps, ends }) => ({ steps, ends }));

describe(`barriers of several channels (seed ${seed})`, () => {
  it('are aligned so that each cut has all that came before them and nothing that came after', () => {
    const lives = fc.array(life, { minLength: 1, maxLength: 4 });
    const readings = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(lives, readings, (all, order) => {
        const inputs = all.map(
          (_, producer) =>
            new LocalChannel({ edge: 0, producer, consumer: 0 }, defaultTaskOptions, new Gauge(), () => undefined),
        );
        const gate = new InputGate(inputs, new World().clock);
        /** For each channel and checkpoint, how many records stand before its barrier; null when it has none. */
        const before = all.map(() => new Map<number, number>());
        const sizes = all.map(() => 0);
        const pending = all.map(({ steps, ends }) => [...steps, ...(ends ? ['end'] : [])]);
        const barriers = all.map(() => 0);
        const read = all.map(() => 0);
        const aligned: number[] = [];

        const put = (channel: number): void => {
          const step = pending[channel]?.shift();
          const input = inputs[channel];
          if (input === undefined || step === undefined) return;
          if (step === 'record') {
            input.append(channel, 0);
            input.flush();
            sizes[channel] = (sizes[channel] as number) + 1;
          } else if (step === 'end') {
            input.control(endOfData);
            input.control(endOfChannel);
          } else {
            const n = (barriers[channel] as number) + 1;
            barriers[channel] = n;
            if (step === 'skipped barrier') return;
            before[channel]?.set(n, sizes[channel] as number);
            input.control({ kind: 'barrier', checkpoint: { epoch: 1, n }, base: null });
          }
        };
        const take = (): boolean => {
          const event = gate.next();
          if (event === null) return false;
          if (event.kind === 'records') {
            const channel = event.values[0] as number;
            read[channel] = (read[channel] as number) + 1;
          } else if (event.kind === 'aligned') {
            const { n } = event.barrier.checkpoint;
            expect(n).toBeGreaterThan(aligned.at(-1) ?? 0);
            aligned.push(n);
            for (const [channel, cuts] of before.entries()) {
              // A channel without that barrier has ended, and all of it is in the cut.
              expect(read[channel]).toBe(cuts.get(n) ?? sizes[channel]);
            }
          }
          return true;
        };
        for (const [channel, reads] of order) {
          put(channel % all.length);
          for (let count = 0; count < reads; count++) take();
        }
        while (pending.some((steps) => steps.length > 0)) {
          for (const channel of pending.keys()) put(channel);
          while (take());
        }
        // What every channel has had, or had ended before, is aligned unless a newer one came first.
        for (const n of before[0]?.keys() ?? []) {
          const everywhere = before.every((cuts) => cuts.has(n));
          if (everywhere && !before.some((cuts) => [...cuts.keys()].some((other) => other > n)))
            expect(aligned).toContain(n);
        }
      }),
      { seed, numRuns: 500 },
    );
  });
});
