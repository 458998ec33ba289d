import {
  type DataStream,
  defineJob,
  type KeyedInstance,
  type MapFunction,
  type OutputTag,
  outputTag,
  type SingleOutputStream,
  type StreamSink,
  type ValueState,
  valueState,
} from 'weirflow';

/** Types flow from operator to operator, and records are read-only in every function. */

interface Flight {
  tail: string;
  delays: number[];
  origin: { code: string };
}

defineJob('types', (env) => {
  const flights: SingleOutputStream<Flight> = env.fromCollection<Flight>([]);
  const tails: DataStream<string> = flights.map((flight) => flight.tail);
  const delays: DataStream<number> = flights
    .filter((flight) => flight.delays.length > 0)
    .flatMap(({ delays }) => delays);
  const generated: DataStream<string> = tails.flatMap(function* (tail) {
    yield tail;
  });
  const sink: StreamSink = delays.print('delays').uid('delays').setParallelism(1);
  const sums: DataStream<number> = delays.keyBy((delay) => delay % 2).reduce((a, b) => a + b);

  const answers: DataStream<number> = tails.asyncMap(async (tail) => tail.length, { timeoutMs: 1_000 });
  // @ts-expect-error The answer is of another type.
  const wrongAnswers: DataStream<string> = tails.asyncMap(async (tail) => tail.length, { timeoutMs: 1_000 });
  // @ts-expect-error Every call has a deadline.
  tails.asyncMap(async (tail) => tail.length, {});
  // @ts-expect-error A function that answers at once is a map.
  tails.asyncMap((tail) => tail.length, { timeoutMs: 1_000 });
  flights.map((flight) => flight.tail).onError('skip');
  const opened: DataStream<string> = flights.map({
    open: ({ metrics, subtaskIndex }) => metrics.counter(`flights-${subtaskIndex}`).inc(),
    map: (flight) => flight.tail,
    close: () => undefined,
  });
  const someTails: DataStream<string> = opened.filter({ filter: (tail) => tail !== '' });
  const letters: DataStream<string> = someTails.flatMap({ flatMap: (tail) => tail.split('') });
  class NeedsKey implements MapFunction<string, number, KeyedInstance> {
    private seen!: ValueState<number>;
    readonly open = ({ state }: KeyedInstance): void => {
      this.seen = state(valueState<number>('seen'));
    };
    map(): number {
      return this.seen.value() ?? 0;
    }
  }
  const seen: DataStream<number> = letters.keyBy((letter) => letter).map(new NeedsKey());
  // @ts-expect-error Without a key there is no state of one.
  letters.map(new NeedsKey());
  // @ts-expect-error Nor does its open get any.
  letters.map({ open: ({ state }) => state, map: (letter) => letter });
  // @ts-expect-error Records are read-only in objects too.
  flights.map({ map: (flight) => (flight.tail = 'x') });
  // @ts-expect-error A map is no filter.
  flights.filter({ map: (flight) => flight.tail });
  seen.keyBy((n) => n).reduce({ open: ({ run }) => void run, reduce: (a, b) => a + b });
  // @ts-expect-error What is reduced stays of its type.
  seen.keyBy((n) => n).reduce({ reduce: () => 'text' });

  const controlled: SingleOutputStream<string> = flights
    .map((flight) => flight.tail)
    .uid('tails')
    .name('tails')
    .setParallelism(2)
    .setMaxParallelism(64)
    .setBufferTimeout(0)
    .setBufferTimeout(null)
    .slotSharingGroup('own')
    .startNewChain()
    .disableChaining();
  const end: StreamSink = controlled.print().name('end').setParallelism(1).setMaxParallelism(8).slotSharingGroup('own');
  end.disableChaining();
  // @ts-expect-error A buffer timeout is a number of milliseconds, or null.
  controlled.setBufferTimeout('never');
  // @ts-expect-error A group has a name.
  controlled.slotSharingGroup(1);
  // @ts-expect-error What follows from a keyBy or a union is no operator.
  controlled.union(controlled).slotSharingGroup('own');
  env.disableOperatorChaining().setBufferTimeout(null).setParallelism(1).setMaxParallelism(128);
  // @ts-expect-error There is no such policy.
  flights.map((flight) => flight.tail).onError('ignore');
  answers.union(wrongAnswers as never).print();

  const all: DataStream<string> = tails.union(generated, tails);
  // @ts-expect-error Streams of different types have no union; map them to one type first.
  tails.union(delays);
  // @ts-expect-error Of several, all must be of the type.
  tails.union(generated, delays);

  // @ts-expect-error A record must not be changed: others see it too.
  flights.map((flight) => (flight.tail = 'x'));
  // @ts-expect-error Nor what is in it.
  flights.map((flight) => (flight.origin.code = 'x'));
  // @ts-expect-error Nor its arrays.
  flights.map((flight) => flight.delays.push(1));
  // @ts-expect-error Also not in a key selector,
  flights.keyBy((flight) => (flight.tail = 'x'));
  // @ts-expect-error nor in a filter.
  flights.filter((flight) => delete flight.tail);
  flights
    .keyBy((flight) => flight.tail)
    .reduce((sum, flight) => {
      // @ts-expect-error A reduction makes a new value; it does not change the old one.
      sum.delays.push(...flight.delays);
      return sum;
    });

  // @ts-expect-error The result of a reduction is of the type of the records.
  flights.keyBy((flight) => flight.tail).reduce((sum, flight) => sum.delays.length + flight.delays.length);
  // @ts-expect-error A filter answers with a boolean; a number may be 0 by accident.
  delays.filter((delay) => delay);
  const mixed: DataStream<string | number> = env.fromCollection<string | number>([]);
  const numbers: DataStream<number> = mixed.filter((value): value is number => typeof value === 'number');
  // @ts-expect-error A filter that does not tell types apart leaves the type of the stream.
  const unsure: DataStream<number> = mixed.filter((value) => String(value) !== '');
  // @ts-expect-error flatMap returns something to go through.
  delays.flatMap((delay) => delay + 1);
  // @ts-expect-error A stream of one type is none of another.
  const wrong: DataStream<number> = tails;
  // @ts-expect-error A union is no operator, so it has no uid.
  tails.union(generated).uid('all');

  return void [sink, sums, all, numbers, unsure, wrong];
});

/** A tag carries the type of its records, both where they are put out and where they are taken. */
defineJob('tags', (env) => {
  const late: OutputTag<{ readonly at: number }> = outputTag('late');
  const words = env.fromCollection(['a']).process<string>({
    processElement: (word, context) => {
      context.output(late, { at: 1 });
      // @ts-expect-error A side output has records of its tag's type.
      context.output(late, word);
      // @ts-expect-error With all of its fields.
      context.output(late, {});
    },
  });
  const taken: DataStream<{ readonly at: number }> = words.getSideOutput(late);
  // @ts-expect-error What is taken is what the tag says, not what the main output has.
  const wrong: DataStream<string> = words.getSideOutput(late);
  // @ts-expect-error A tag of one type is none of another, nor of a wider one.
  const other: OutputTag<unknown> = late;
  // @ts-expect-error A union has no side outputs: it is no operator.
  words.union(words).getSideOutput(late);
  return void [taken, wrong, other];
});
