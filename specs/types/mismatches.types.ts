import {
  countEvictor,
  type DataStream,
  deltaEvictor,
  deltaTrigger,
  type Evictor,
  globalWindows,
  listState,
  mapState,
  outputTag,
  sessionEventTimeWindows,
  type TimeWindow,
  tumblingEventTimeWindows,
  valueState,
} from 'weirflow';

/** What belongs to one stream does not fit another: keys, tags, windows, functions. */

interface Sale {
  readonly shop: string;
  readonly amount: number;
}
interface Visit {
  readonly shop: string;
  readonly guest: string;
}

declare const sales: DataStream<Sale>;
declare const visits: DataStream<Visit>;
declare const shops: DataStream<{ readonly number: number }>;
const saleTag = outputTag<Sale>('sales');
const visitTag = outputTag<Visit>('visits');
const salesByShop = sales.keyBy(({ shop }) => shop);
const visitsByShop = visits.keyBy(({ shop }) => shop);
const byNumber = shops.keyBy(({ number }) => number);
const tumbling = tumblingEventTimeWindows({ sizeMs: 10 });
const windows = salesByShop.window(tumbling);
const joined = salesByShop.join(visitsByShop);
const within = salesByShop.intervalJoin(visitsByShop).between(0, 1);

// @ts-expect-error Both sides of a window join have keys of one type.
salesByShop.join(byNumber);
// @ts-expect-error And so have those of an interval join.
salesByShop.intervalJoin(byNumber);
// @ts-expect-error And connected streams.
salesByShop.connect(byNumber);
// @ts-expect-error A stream without keys cannot be joined.
sales.join(visitsByShop);
// @ts-expect-error A join has no function before it has windows.
joined.join({ processElement: () => undefined });
export const pairs: DataStream<string> = joined
  .window(tumbling)
  .evictor(countEvictor(10))
  .join<string>({ processElement: (sale, visit, { emit }) => emit(`${sale.amount} ${visit.guest}`) });
joined.window(tumbling).join<string>({
  processElement: (sale, visit, { emit, output }) => {
    output(saleTag, sale);
    // @ts-expect-error A tag takes records of its own type.
    output(saleTag, visit);
    // @ts-expect-error The second record is of the second stream.
    emit(visit.amount);
  },
});
joined.window(tumbling).coGroup<number>({
  process: (first, second, { emit }) => {
    for (const { amount } of first) emit(amount);
    // @ts-expect-error The second list is of the second stream.
    for (const { amount } of second) emit(amount);
  },
});
// @ts-expect-error Late records of the first side are of the first stream.
within.sideOutputLeftLateData(visitTag);
// @ts-expect-error Those of the second side of the second.
within.sideOutputRightLateData(saleTag);
// @ts-expect-error Late records of windows are those of their stream.
windows.sideOutputLateData(visitTag);
// @ts-expect-error An evictor looks at records of the stream.
windows.evictor(deltaEvictor<Visit>({ threshold: 1, delta: (from, to) => from.guest.length - to.guest.length }));
// @ts-expect-error A trigger does too.
windows.trigger(deltaTrigger<Visit>({ threshold: 1, delta: (from, to) => from.guest.length - to.guest.length }));
declare const ofTimeWindows: Evictor<unknown, TimeWindow>;
windows.evictor(ofTimeWindows);
// @ts-expect-error An evictor of windows in time does not fit those without.
salesByShop.window(globalWindows()).evictor(ofTimeWindows);
// @ts-expect-error A gap is taken out of records of the stream.
salesByShop.window(sessionEventTimeWindows<Visit>({ gapMs: ({ guest }) => guest.length }));
windows.process<string>({
  process: (_all, { windowState }) => {
    windowState(valueState<number>('seen')).update(1);
    // @ts-expect-error State of a window is a value.
    windowState(listState<number>('all'));
  },
});
// @ts-expect-error A side output is of the type of its tag.
export const wrongSide: DataStream<Visit> = windows.reduce((a) => a).getSideOutput(saleTag);
// @ts-expect-error Dead letters are no records of the stream.
export const letters: DataStream<Sale> = sales.map((sale) => sale).deadLetters();
sales.partitionCustom(
  // @ts-expect-error The partitioner gets what was selected.
  ({ shop }) => shop,
  (amount: number) => amount,
);
salesByShop.process({
  processElement: (_sale, { state, timers }) => {
    // @ts-expect-error The keys of a map are of one type.
    state(mapState<string, number>('map')).put(1, 1);
    // @ts-expect-error A timer is set for a number.
    timers.setEventTime('5');
  },
});
