import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { World } from '../../specs/engine/task/world.js';
import { KeyedCoProcessOperator } from '../../src/operators/keyed-co-process.js';
import type { KeyedInstance, KeyedProcessContext, OnTimerContext } from '../../src/operators/keyed-process.js';
import { maxWatermark, type OperatorContext } from '../../src/operators/operator.js';
import { listState } from '../../src/state/descriptors.js';
import { createHeapState } from '../../src/state/heap/heap-state.js';
import type { ListState } from '../../src/state/keyed-state.js';
import { LocalChannel } from '../../src/task/channel/local-channel.js';
import { endOfData } from '../../src/task/elements.js';
import { InputGate } from '../../src/task/gate/input-gate.js';
import { TwoInputs } from '../../src/task/gate/two-inputs.js';
import { unknownWatermark } from '../../src/task/gate/valve.js';
import { Gauge } from '../../src/task/gauge.js';
import { defaultTaskOptions } from '../../src/task/task-options.js';

const seed = 20_261_120;

interface Event {
  readonly key: number;
  readonly at: number;
  readonly id: string;
}

/** Keeps what comes of a key until event time has passed it, and puts it out by time. */
class InOrder {
  private waiting!: ListState<Event>;

  open({ state }: KeyedInstance): void {
    this.waiting = state(listState<Event>('waiting'));
  }
  processElement1(event: Event, context: KeyedProcessContext<number, string>): void {
    this.keep(event, context);
  }
  processElement2(event: Event, context: KeyedProcessContext<number, string>): void {
    this.keep(event, context);
  }
  onTimer(time: number, context: OnTimerContext<number, string>): void {
    const due = this.waiting.get().filter(({ at }) => at === time);
    this.waiting.update(this.waiting.get().filter(({ at }) => at !== time));
    context.emit(`${time}: ${due.map(({ id }) => id).sort()}`);
  }
  private keep(event: Event, context: KeyedProcessContext<number, string>): void {
    this.waiting.add(event);
    context.timers.setEventTime(event.at);
  }
}

/** A channel's life: records in any order within the disorder that its watermarks allow. */
const channel = fc.array(fc.tuple(fc.nat(3), fc.nat(8)), { maxLength: 12 }).map((steps) => {
  let base = 0;
  return steps.map(([key, step], n) => {
    base += step;
    // Up to 3 behind the newest, which is what the watermark below leaves room for.
    return { key, at: base - (n % 4), watermark: base - 4 };
  });
});

const inputOf = [0, 0, 1, 1] as const;

/** What comes out for each key, when channels are read in the order that `turns` gives. */
function run(lives: readonly (readonly { key: number; at: number; watermark: number }[])[], turns: readonly number[]) {
  const channels = inputOf.map(
    (_, producer) =>
      new LocalChannel({ edge: 0, producer, consumer: 0 }, defaultTaskOptions, new Gauge(), () => undefined),
  );
  const gate = new InputGate(channels, new World().clock, inputOf);
  const keyed = createHeapState({ operator: 'o', maxParallelism: 4, range: { first: 0, last: 3 }, development: true });
  const byKey = new Map<number, string[]>();
  const operator = new KeyedCoProcessOperator<number, Event, Event, string>(new InOrder());
  const output = {
    emit: (text: string) => {
      const key = keyed.currentKey() as number;
      byKey.set(key, [...(byKey.get(key) ?? []), text]);
    },
    watermark: () => undefined,
    blocked: () => false,
  };
  const context = { uid: 'o', keyed, output, clock: new World().clock };
  operator.open(context as unknown as OperatorContext<string>, { from: null, items: [] }, () => undefined);
  const read = (): void => {
    for (let event = gate.next(); event !== null; event = gate.next()) {
      if (event.kind === 'watermark') operator.watermark(event.timestamp);
      if (event.kind !== 'records') continue;
      for (const value of event.values as readonly Event[]) {
        keyed.setCurrentKey(value.key);
        if (event.input === 0) operator.process(value, value.at);
        else operator.processSecond(value, value.at);
      }
    }
  };
  const positions = inputOf.map(() => 0);
  const step = (at: number): void => {
    const [each, life] = [channels[at] as LocalChannel, lives[at] ?? []];
    const position = positions[at] as number;
    const next = life[position];
    positions[at] = position + 1;
    if (next === undefined) return;
    each.append({ key: next.key, at: next.at, id: `${at}/${position}` }, next.at);
    each.control({ kind: 'watermark', timestamp: next.watermark });
    if (position + 1 === life.length) each.control(endOfData);
    read();
  };
  for (const [at, life] of lives.entries()) if (life.length === 0) channels[at]?.control(endOfData);
  read();
  for (const turn of turns) step(turn);
  for (const [at, life] of lives.entries()) while ((positions[at] as number) < life.length) step(at);
  return [...byKey].sort(([a], [b]) => a - b);
}

describe(`two inputs (seed ${seed})`, () => {
  it('give each key the same results by time, in whichever order records arrive over the channels of both', () => {
    const lives = fc.tuple(channel, channel, channel, channel);
    const turns = fc.array(fc.nat(3), { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(lives, turns, turns, (given, one, other) => {
        expect(run(given, one)).toEqual(run(given, other));
      }),
      { seed, numRuns: 300 },
    );
  });

  it('have a watermark that never falls, and never passes an input that has not been idle', () => {
    const command = fc.tuple(
      fc.nat(3),
      fc.oneof(
        { weight: 6, arbitrary: fc.nat(50) },
        { weight: 2, arbitrary: fc.constantFrom('idle', 'active') },
        { weight: 1, arbitrary: fc.constant('finish') },
      ),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 80, size: 'max' }), (items) => {
        const time = new TwoInputs(inputOf);
        const own = inputOf.map(() => unknownWatermark);
        const waits = inputOf.map(() => true);
        const finished = inputOf.map(() => false);
        let last = unknownWatermark;
        for (const [at, said] of items) {
          if (finished[at]) continue;
          if (said === 'idle' || said === 'active') {
            time.setIdle(at, said === 'idle');
            waits[at] = false;
          } else if (said === 'finish') {
            time.finish(at);
            finished[at] = true;
          } else {
            time.advance(at, said);
            own[at] = Math.max(own[at] as number, said);
          }
          expect(time.watermark).toBeGreaterThanOrEqual(last);
          last = time.watermark;
          for (const [each, watermark] of own.entries()) {
            if (waits[each] && !finished[each]) expect(last).toBeLessThanOrEqual(watermark);
          }
          if (!finished.every((ended) => ended)) expect(last).toBeLessThan(maxWatermark);
        }
      }),
      { seed, numRuns: 300 },
    );
  });
});
