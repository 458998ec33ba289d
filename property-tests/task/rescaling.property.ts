import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BroadcastProcessFunction,
  type DataStream,
  type KeyedProcessFunction,
  listState,
  mapState,
  type OperatorStateAccess,
  type ProcessContext,
  type ProcessFunction,
  sessionEventTimeWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
} from '../../src/index.js';
import { type Emitted, openHarness, openTwoInputHarness } from '../../src/testing.js';

const seed = 20_261_120;
const parallelismMax = 8;
/** Behind every window and timer. */
const lastMs = 1_000;

interface Event {
  readonly key: string;
  readonly n: number;
  readonly at: number;
}

/** Disordered events of a dozen keys, so that each of eight subtasks has some, with a watermark now and then. */
const events: fc.Arbitrary<readonly Event[]> = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 11 }).map((key) => `k${key}`),
    n: fc.nat(99),
    at: fc.nat(60),
  }),
  { minLength: 12, maxLength: 24, size: 'max' },
);

const texts = (output: readonly Emitted<unknown>[]): readonly string[] =>
  output.map(({ value }) => JSON.stringify(value)).sort();

/** Keyed list state, a timer for each key, and what is left of it when that fires. */
const timed: KeyedProcessFunction<string, Event, string> = {
  processElement({ n, at }, { state, timers }) {
    state(listState<number>('seen')).add(n);
    timers.setEventTime(at + 20);
    if (n % 3 === 0) timers.deleteEventTime(at + 21);
  },
  onTimer(time, { currentKey, state, emit }) {
    emit(`${currentKey} ${time}: ${[...state(listState<number>('seen')).get()].sort((a, b) => a - b).join(' ')}`);
  },
};

const sums = (a: Event, b: Event): Event => ({ ...a, n: a.n + b.n, at: 0 });

const keyed: Readonly<Record<string, (stream: DataStream<Event>) => DataStream<unknown>>> = {
  'tumbling windows': (stream) =>
    stream
      .keyBy(({ key }) => key)
      .window(tumblingEventTimeWindows({ sizeMs: 20 }))
      .reduce(sums),
  'sliding windows': (stream) =>
    stream
      .keyBy(({ key }) => key)
      .window(slidingEventTimeWindows({ sizeMs: 30, slideMs: 10 }))
      .reduce(sums),
  sessions: (stream) =>
    stream
      .keyBy(({ key }) => key)
      .window(sessionEventTimeWindows({ gapMs: 8 }))
      .reduce(sums),
  'timers and list state': (stream) => stream.keyBy(({ key }) => key).process(timed),
};

/** Keeps all it gets in a list state, and puts out with its first record what was there at its beginning. */
class Kept implements ProcessFunction<Event, string> {
  private before: readonly string[] = [];
  private kept!: { add(value: Event): void };
  initializeState({ listState: list }: OperatorStateAccess): void {
    const kept = list<Event>('kept');
    this.kept = kept;
    this.before = [...kept.get()].map((event) => JSON.stringify(event));
  }
  processElement(event: Event, { emit }: ProcessContext<string>): void {
    for (const text of this.before) emit(text);
    this.before = [];
    this.kept.add(event);
  }
}

/** Says at its beginning, with its first record, what all have kept. */
class United implements ProcessFunction<Event, string> {
  private before: readonly string[] = [];
  private own: string[] = [];
  private kept!: { get(): Iterable<unknown>; update(values: readonly string[]): void };
  initializeState({ unionListState }: OperatorStateAccess): void {
    this.kept = unionListState<string>('kept');
    this.before = [...this.kept.get()].map(String).sort();
  }
  snapshotState(): void {
    this.kept.update(this.own);
  }
  processElement(event: Event, { emit }: ProcessContext<string>): void {
    this.own.push(JSON.stringify(event));
    emit(this.before.join());
  }
}

const limits = mapState<string, number>('limits');
const bounded: BroadcastProcessFunction<Event, Event, string> = {
  processElement: ({ key, n, at }, { broadcastState, emit }) => {
    emit(`${key} ${n} ${at} ${n <= (broadcastState(limits).get(key) ?? 50) ? 'passes' : 'fails'}`);
  },
  processBroadcastElement: ({ key, n }, { broadcastState }) => broadcastState(limits).put(key, n),
};

const all = Array.from({ length: parallelismMax }, (_, index) => index + 1);

describe(`rescaling (race 18): from each parallelism to each other one (seed ${seed})`, () => {
  it.each(Object.entries(keyed))('%s: what comes out is what comes out of one subtask', async (_name, build) => {
    const feed = (harness: Awaited<ReturnType<typeof open>>, part: readonly Event[], untilMs: number): void => {
      for (const event of part) harness.push(event, event.at);
      harness.watermark(untilMs);
    };
    const open = (parallelism: number) => openHarness({ build, parallelism });
    await fc.assert(
      fc.asyncProperty(events, async (input) => {
        const half = input.length >> 1;
        const plain = await open(1);
        feed(plain, input.slice(0, half), 25);
        const before = texts(plain.output());
        feed(plain, input.slice(half), lastMs);
        const after = texts(plain.output());
        plain.close();
        for (const from of all) {
          const harness = await open(from);
          feed(harness, input.slice(0, half), 25);
          expect(texts(harness.output())).toEqual(before);
          const snapshot = harness.snapshot();
          for (const to of all) {
            harness.restore(snapshot, { parallelism: to });
            feed(harness, input.slice(half), lastMs);
            expect(texts(harness.output()), `${from} → ${to}`).toEqual(after);
          }
          harness.close();
        }
      }),
      { seed, numRuns: 2 },
    );
  });

  it('list state: each entry is with one subtask', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (input) => {
        const build = (stream: DataStream<Event>) => stream.rebalance().process(new Kept());
        for (const from of all) {
          const harness = await openHarness({ build, parallelism: from });
          for (const event of input) harness.push(event, event.at);
          const snapshot = harness.snapshot();
          for (const to of all) {
            harness.restore(snapshot, { parallelism: to });
            for (const event of input) harness.push(event, event.at);
            const kept = harness.output().map(({ value }) => value);
            expect(kept.sort(), `${from} → ${to}`).toEqual(input.map((event) => JSON.stringify(event)).sort());
          }
          harness.close();
        }
      }),
      { seed, numRuns: 2 },
    );
  });

  it('union-list state: each subtask gets the entries of all', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (input) => {
        const build = (stream: DataStream<Event>) => stream.rebalance().process(new United());
        for (const from of all) {
          const harness = await openHarness({ build, parallelism: from });
          for (const event of input) harness.push(event, event.at);
          harness.output();
          const snapshot = harness.snapshot();
          const united = input
            .map((event) => JSON.stringify(event))
            .sort()
            .join();
          for (const to of all) {
            harness.restore(snapshot, { parallelism: to });
            for (const event of input) harness.push(event, event.at);
            const said = new Set(harness.output().map(({ value }) => value));
            expect([...said], `${from} → ${to}`).toEqual([united]);
          }
          harness.close();
        }
      }),
      { seed, numRuns: 2 },
    );
  });

  it('broadcast state: each subtask has a copy', async () => {
    const build = (stream: DataStream<Event>, rules: DataStream<Event>) =>
      stream.rebalance().connect(rules.broadcast(limits)).process(bounded);
    await fc.assert(
      fc.asyncProperty(events, async (input) => {
        const outputs: (readonly string[])[] = [];
        for (const from of all) {
          const harness = await openTwoInputHarness({ build, parallelism: from });
          for (const event of input) harness.pushSecond(event);
          const snapshot = harness.snapshot();
          for (const to of all) {
            harness.restore(snapshot, { parallelism: to });
            for (const event of input) harness.pushFirst(event);
            outputs.push(texts(harness.output()));
          }
          harness.close();
        }
        for (const output of outputs) expect(output).toEqual(outputs[0]);
      }),
      { seed, numRuns: 2 },
    );
  });
});
