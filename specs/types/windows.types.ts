import {
  type AggregateFunction,
  countTrigger,
  type DataStream,
  deltaTrigger,
  eventTimeTrigger,
  type GlobalWindow,
  globalWindows,
  type KeyedStream,
  type OutputTag,
  type ProcessWindowFunction,
  sessionEventTimeWindows,
  type TimeWindow,
  type Trigger,
  timeEvictor,
  tumblingEventTimeWindows,
  valueState,
  type WindowContext,
  type WindowedStream,
} from 'weirflow';

/** Types flow from the stream through windows to results. */

interface Flight {
  tail: string;
  delay: number;
  via: string[];
}

declare const flights: DataStream<Flight>;
declare const tails: OutputTag<string>;
declare const byTail: KeyedStream<Flight, string>;

const hourly: WindowedStream<Flight, string, TimeWindow> = byTail.window(
  tumblingEventTimeWindows({ sizeMs: 3_600_000 }),
);
const all: WindowedStream<Flight, number, TimeWindow> = flights.windowAll(tumblingEventTimeWindows({ sizeMs: 10 }));
const counted: WindowedStream<Flight, string, GlobalWindow> = byTail.countWindow(10, 1);
const sessions = byTail.window(sessionEventTimeWindows({ gapMs: (flight) => flight.delay }));

export const worst: DataStream<Flight> = hourly.reduce((a, b) => (a.delay > b.delay ? a : b));
export const worstOfAll: DataStream<Flight> = all.reduce((a, b) => (a.delay > b.delay ? a : b));

/** The accumulator and the result are found by what the functions return. */
export const mean: DataStream<number> = sessions.aggregate({
  createAccumulator: () => ({ delay: 0, count: 0 }),
  add: (flight, { delay, count }) => ({ delay: delay + flight.delay, count: count + 1 }),
  getResult: ({ delay, count }) => delay / count,
  merge: (a, b) => ({ delay: a.delay + b.delay, count: a.count + b.count }),
});

/** Behind a fold a function gets its result, with the key and the window. */
export const told: DataStream<string> = hourly.aggregate(
  { createAccumulator: () => 0, add: (flight, sum) => sum + flight.delay, getResult: (sum) => sum },
  {
    process([sum = 0], { currentKey, window, emit }: WindowContext<string, string, TimeWindow>) {
      emit(`${currentKey.toUpperCase()} ${window.end - window.start} ${sum.toFixed(1)}`);
    },
  },
);

class Delays implements ProcessWindowFunction<string, Flight, number, TimeWindow> {
  process(elements: readonly Flight[], context: WindowContext<string, number, TimeWindow>): void {
    const seen = context.windowState(valueState<number>('seen'));
    seen.update((seen.value() ?? 0) + 1);
    // @ts-expect-error The descriptor says what is stored.
    seen.update('1');
    context.emit(elements.length + context.window.start);
    // @ts-expect-error What is emitted is of the declared output.
    context.emit('one');
    context.output(tails, 'tail');
    // @ts-expect-error A tag takes what it is declared for.
    context.output(tails, 1);
    // @ts-expect-error The key is of the type that keyBy gives.
    const key: number = context.currentKey;
    return void key;
  }
}

export const delays: DataStream<number> = hourly.process(new Delays());
// @ts-expect-error The function is for windows in time, and these know none.
counted.process(new Delays());
// @ts-expect-error The function is for another type of key.
all.process(new Delays());
// @ts-expect-error The output of the function is the type of the stream.
export const wrongOutput: DataStream<string> = hourly.process(new Delays());

export const named: DataStream<string> = counted.process<string>({
  process: (elements, { currentKey, emit }) => {
    for (const { delay } of elements) emit(`${currentKey} ${delay}`);
    // @ts-expect-error A record must not be changed: it is in other windows too.
    for (const flight of elements) flight.delay = 0;
    // @ts-expect-error Nor the list of them.
    elements.push(elements[0]);
  },
});

// @ts-expect-error The result of a reduction is of the type of the records.
hourly.reduce((a, b) => a.delay + b.delay);
// @ts-expect-error A reduction makes a new value; it does not change the old one.
hourly.reduce((a, b) => Object.assign(a, { via: a.via.push(...b.via) }));
hourly.aggregate({
  createAccumulator: () => 0,
  // @ts-expect-error The accumulator is of one type.
  add: (flight, sum) => `${sum}${flight.delay}`,
  getResult: (sum) => sum,
});
hourly.aggregate({
  createAccumulator: () => ({ n: 0 }),
  add: (_flight, all) => {
    // @ts-expect-error An accumulator is replaced and not changed.
    all.n += 1;
    return all;
  },
  getResult: ({ n }) => n,
});
// @ts-expect-error A stream without keys has no windows by key.
flights.window(tumblingEventTimeWindows({ sizeMs: 10 }));
// @ts-expect-error Windows are no stream yet: they need reduce, aggregate or process.
hourly.map((flight) => flight.tail);
// @ts-expect-error There is no such field.
byTail.window(sessionEventTimeWindows({ gapMs: (flight) => flight.dealy }));

export const triggered = hourly
  .trigger(countTrigger(3))
  .trigger(eventTimeTrigger())
  .trigger(deltaTrigger({ threshold: 5, delta: (from, to) => to.delay - from.delay }))
  .evictor(timeEvictor(10))
  .allowedLateness(5);

const ofTimeWindows: Trigger<Flight, TimeWindow> = {
  canMerge: false,
  onElement: ({ delay }, _timestamp, { start }, context) => {
    context.setEventTime(start + delay);
    return 'continue';
  },
  onEventTime: () => 'fireAndPurge',
  onProcessingTime: () => 'continue',
  clear: () => undefined,
};
hourly.trigger(ofTimeWindows);
// @ts-expect-error The trigger looks at the start of windows, and these have none.
byTail.window(globalWindows()).trigger(ofTimeWindows);
// @ts-expect-error A trigger answers with what becomes of the window.
hourly.trigger({ ...ofTimeWindows, onEventTime: () => true });

declare const sums: AggregateFunction<number, number, number>;
// @ts-expect-error The aggregation is of another type of record.
hourly.aggregate(sums);
