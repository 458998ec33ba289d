import {
  type AggregatingState,
  aggregatingState,
  classSerializer,
  type DataStream,
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type KeyedStream,
  type ListState,
  listState,
  type MapState,
  mapState,
  objectSerializer,
  type ReducingState,
  reducingState,
  type ValueSerializer,
  type ValueState,
  valueState,
} from 'weirflow';

/** State is typed by its descriptor, and a process function by its key, its input and its output. */

interface Order {
  readonly customer: string;
  readonly amount: number;
}

interface Total {
  amount: number;
  latest: { at: number };
}

class Money {
  constructor(
    readonly cents: bigint,
    readonly currency: string,
  ) {}
  text(): string {
    return `${this.currency} ${this.cents}`;
  }
}

const money: ValueSerializer<Money> = classSerializer(Money, {
  name: 'money',
  encode: ({ cents, currency }) => ({ cents, currency }),
  decode: ({ cents, currency }) => new Money(cents, currency),
});
valueState<Money>('balance', { serializer: money });
listState('balances', { serializer: money });
mapState<string, Money>('by-currency', { serializer: money });
reducingState<Money>('sum', (a) => new Money(a.cents, a.currency), { serializer: money });
aggregatingState<string, Money, string>(
  'text',
  {
    createAccumulator: () => new Money(0n, ''),
    add: (_, sum) => new Money(sum.cents, sum.currency),
    getResult: String,
  },
  { serializer: money },
);
// @ts-expect-error The serializer is of another type.
valueState<string>('name', { serializer: money });
// @ts-expect-error What is decoded is what was encoded.
classSerializer(Money, { name: 'money', encode: () => 1, decode: (data: string) => new Money(0n, data) });
// @ts-expect-error It makes instances of the class.
classSerializer(Money, { name: 'money', encode: () => 1, decode: () => 'no money' });
// @ts-expect-error A form has a name.
classSerializer(Money, { encode: () => 1, decode: () => new Money(0n, '') });

class Totals implements KeyedProcessFunction<string, Order, Total> {
  private total!: ValueState<Total>;
  private amounts!: ListState<number>;
  private byDay!: MapState<number, Total>;

  open({ state }: KeyedInstance): void {
    this.total = state(valueState<Total>('total'));
    this.amounts = state(listState<number>('amounts'));
    this.byDay = state(mapState<number, Total>('by-day'));
    const longest: ReducingState<string> = state(
      reducingState<string>('longest', (a, b) => (a.length > b.length ? a : b)),
    );
    const mean: AggregatingState<number, string> = state(
      aggregatingState('mean', {
        createAccumulator: () => 0,
        add: (value: number, sum) => sum + value,
        getResult: String,
      }),
    );
    // @ts-expect-error What is added is of the type that is reduced,
    longest.add(1);
    // @ts-expect-error or aggregated.
    mean.add('1');
    // @ts-expect-error Before the first value there is no result.
    mean.get().length;
    // @ts-expect-error A time to live has a time.
    valueState<number>('short', { ttl: {} });
    // @ts-expect-error The descriptor says what is stored.
    this.total = state(valueState<string>('total'));
    // @ts-expect-error A list is no value.
    this.total = state(listState<Total>('total'));
    // @ts-expect-error The key of a map is part of its type.
    this.byDay = state(mapState<string, Total>('by-day'));
  }

  processElement(order: Order, context: KeyedProcessContext<string, Total>): void {
    const total = this.total.value();
    // @ts-expect-error Before the first update there is no value.
    total.amount;
    // @ts-expect-error A state value must not be changed in place: only update makes it part of a checkpoint.
    if (total !== undefined) total.amount += order.amount;
    // @ts-expect-error Nor what is in it.
    if (total !== undefined) total.latest.at = 0;
    // @ts-expect-error Nor what a list hands out.
    this.amounts.get().push(order.amount);
    // @ts-expect-error A value of another type is refused,
    this.total.update(order.amount);
    // @ts-expect-error and so is one in a list,
    this.amounts.add('1');
    // @ts-expect-error and a key of another type.
    this.byDay.get('monday');
    const key: string = context.currentKey;
    // @ts-expect-error The key is of the type that keyBy gives.
    const wrongKey: number = context.currentKey;
    // @ts-expect-error What is emitted is of the declared output.
    context.emit(order);
    context.emit({ amount: order.amount + key.length + wrongKey, latest: { at: context.timestamp } });
  }
}

declare const orders: DataStream<Order>;
declare const byCustomer: KeyedStream<Order, string>;
declare const amounts: DataStream<number>;
declare const amountsByCustomer: KeyedStream<number, string>;
declare const byAmount: KeyedStream<Order, number>;

export const totals: DataStream<Total> = byCustomer.process(new Totals());
// @ts-expect-error The output of the function is the type of the stream.
export const wrongOutput: DataStream<Order> = byCustomer.process(new Totals());
// @ts-expect-error The function is for another type of key.
byAmount.process(new Totals());
// @ts-expect-error The function is for another type of record.
amountsByCustomer.process(new Totals());
// @ts-expect-error Without keys there is no keyed state.
orders.process(new Totals());

export const doubled: DataStream<number> = amounts.process<number>({
  processElement: (amount, context) => context.emit(amount * 2),
});
// @ts-expect-error What is emitted is of the declared output.
amounts.process<string>({ processElement: (amount, context) => context.emit(amount) });

interface Count {
  readonly count: number;
  readonly names: readonly string[];
  readonly note?: string;
}

objectSerializer<Count>({
  name: 'count',
  fields: { count: 'number', names: { kind: 'list', default: [] }, note: { kind: 'string', optional: true } },
});
// @ts-expect-error Every field of the objects is named.
objectSerializer<Count>({ name: 'count', fields: { count: 'number', note: { kind: 'string', optional: true } } });
// @ts-expect-error The kind is that of the field.
objectSerializer<Pick<Count, 'count'>>({ name: 'count', fields: { count: 'string' } });
// @ts-expect-error A field that may be missing says so.
objectSerializer<Pick<Count, 'note'>>({ name: 'count', fields: { note: 'string' } });
