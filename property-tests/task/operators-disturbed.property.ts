import fc from 'fast-check';
import { describe, it } from 'vitest';
import {
  type DataStream,
  type KeyedCoProcessFunction,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type OnTimerContext,
  outputTag,
  valueState,
} from '../../src/index.js';
import {
  checkOperator,
  checkTwoInputOperator,
  first,
  processingTime,
  record,
  type ScriptElement,
  second,
  type TwoInputElement,
  watermark,
} from '../../src/testing.js';

const seed = 20_261_122;

interface Command {
  readonly key: string;
  readonly at: number;
  readonly does: 'setEvent' | 'deleteEvent' | 'setProcessing' | 'deleteProcessing' | 'add';
}

/** Timers in the past and in the future, set and taken back, and a sum that they tell. */
class Timed implements KeyedProcessFunction<string, Command, string> {
  processElement({ at, does }: Command, { timers, state, emit }: KeyedProcessContext<string, string>): void {
    const sum = state(valueState<number>('sum'));
    if (does === 'setEvent') timers.setEventTime(at);
    else if (does === 'deleteEvent') timers.deleteEventTime(at);
    else if (does === 'setProcessing') timers.setProcessingTime(at);
    else if (does === 'deleteProcessing') timers.deleteProcessingTime(at);
    else sum.update((sum.value() ?? 0) + at);
    emit(`${does} ${at}: ${sum.value()}`);
  }
  onTimer(time: number, { currentKey, timeDomain, state, timers, emit }: OnTimerContext<string, string>): void {
    emit(`${currentKey} ${timeDomain} ${time}: ${state(valueState<number>('sum')).value()}`);
    if (time % 3 === 0 && timeDomain === 'eventTime') timers.setEventTime(time + 4);
    if (time % 5 === 0) timers.setProcessingTime(time + 7);
  }
}

/** The same for two inputs. They have no timers for the past: those fire when a restored operator hears again of its inputs' watermarks. */
class TimedAhead implements KeyedCoProcessFunction<string, Command, Command, string> {
  private readonly timed = new Timed();
  processElement1(command: Command, context: KeyedProcessContext<string, string>): void {
    this.timed.processElement({ ...command, at: command.at + 100 }, context);
  }
  processElement2(command: Command, context: KeyedProcessContext<string, string>): void {
    this.timed.processElement({ ...command, at: command.at + 101 }, context);
  }
  onTimer(time: number, { currentKey, timeDomain, emit }: OnTimerContext<string, string>): void {
    emit(`${currentKey} ${timeDomain} ${time}`);
  }
}

const element: fc.Arbitrary<TwoInputElement<Command, Command>> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.record({
          key: fc.constantFrom('a', 'b', 'c', 'd'),
          at: fc.integer({ min: -30, max: 60 }),
          does: fc.constantFrom<Command['does']>('setEvent', 'deleteEvent', 'setProcessing', 'deleteProcessing', 'add'),
        }),
        fc.boolean(),
      )
      .map(([command, isFirst]) => (isFirst ? first : second)(record(command, command.at))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.integer({ min: -30, max: 60 }), fc.boolean())
      .map(([at, isFirst]) => (isFirst ? first : second)(watermark(at))),
  },
  { weight: 1, arbitrary: fc.nat(20).map(processingTime) },
);
const script = fc.array(element, { maxLength: 25, size: 'max' });

/** Of one input: what was for either. */
const ofOne = (input: readonly TwoInputElement<Command, Command>[]): readonly ScriptElement<Command>[] =>
  input.map((each) => ('input' in each ? each.element : each));

const disturbed = { modes: ['mixed'], runs: 2 } as const;

const late = outputTag<Command>('late');

describe(`operators, disturbed (seed ${seed})`, () => {
  it('state and timers: full outputs, restores and rescales at any element change nothing', async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.nat(9_999), async (input, chance) => {
        const build = (commands: DataStream<Command>) => commands.keyBy(({ key }) => key).process(new Timed());
        await checkOperator({ ...disturbed, build, input: ofOne(input), seed: chance });
      }),
      { seed, numRuns: 40 },
    );
  });

  it('state and timers of two inputs: nor do they change these', async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.nat(9_999), async (input, chance) => {
        await checkTwoInputOperator({
          build: (one: DataStream<Command>, other: DataStream<Command>) =>
            one
              .keyBy(({ key }) => key)
              .connect(other.keyBy(({ key }) => key))
              .process(new TimedAhead()),
          ...disturbed,
          input,
          seed: chance,
        });
      }),
      { seed, numRuns: 25 },
    );
  });

  it('interval join: nor do they change what is late', async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.nat(9_999), fc.boolean(), async (input, chance, keepsLate) => {
        await checkTwoInputOperator({
          build: (one: DataStream<Command>, other: DataStream<Command>) => {
            const join = one
              .keyBy(({ key }) => key)
              .intervalJoin(other.keyBy(({ key }) => key))
              .between(-8, 12);
            const joined = keepsLate ? join.sideOutputLeftLateData(late) : join;
            return joined.process<string>({ processElement: (a, b, { emit }) => emit(`${a.key} ${a.at} ${b.at}`) });
          },
          ...disturbed,
          input,
          seed: chance,
          sideOutputs: [late],
        });
      }),
      { seed, numRuns: 25 },
    );
  });
});
