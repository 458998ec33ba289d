import {
  type ConnectedKeyedStreams,
  type ConnectedStreams,
  type DataStream,
  type KeyedCoProcessFunction,
  type KeyedProcessContext,
  type KeyedStream,
  outputTag,
} from 'weirflow';

/** Two streams in one operator: each side keeps its type, and the keys of both agree. */

interface Order {
  readonly customer: string;
  readonly amount: number;
  readonly placed: Date;
}
interface Customer {
  readonly id: string;
  readonly number: number;
}

declare const orders: DataStream<Order>;
declare const customers: DataStream<Customer>;

export const both: ConnectedStreams<Order, Customer> = orders.connect(customers);
export const amounts: DataStream<number> = both.map(
  (order) => order.amount,
  (customer) => customer.number,
);
export const texts: DataStream<string | number> = both.flatMap<string | number>(
  (order) => [order.customer],
  (customer) => new Set([customer.number]),
);

both.map(
  // @ts-expect-error Each function takes the records of its own side.
  (customer) => customer.number,
  (customer) => customer.number,
);
both.map(
  (order) => order.amount,
  // @ts-expect-error Both make records of one type.
  (customer) => customer.id,
);
both.map(
  (order) => order.amount,
  // @ts-expect-error Records are read-only on the second side too.
  (customer) => (customer.number = 1),
);

export const byCustomer: ConnectedKeyedStreams<Order, Customer, string> = orders
  .keyBy((order) => order.customer)
  .connect(customers.keyBy((customer) => customer.id));
export const keyedAfter: ConnectedKeyedStreams<Order, Customer, string> = both.keyBy(
  (order) => order.customer,
  (customer) => customer.id,
);
export const byTuple: ConnectedKeyedStreams<Order, Customer, readonly [string, number]> = both.keyBy(
  (order) => [order.customer, order.amount],
  (customer) => [customer.id, customer.number],
);

// @ts-expect-error The keys of both sides are of one type.
orders.keyBy((order) => order.customer).connect(customers.keyBy((customer) => customer.number));
both.keyBy(
  (order) => order.customer,
  // @ts-expect-error Also when both are keyed at once.
  (customer) => customer.number,
);
both.keyBy(
  // @ts-expect-error A date is no key on either side.
  (order) => order.placed,
  () => new Date(0),
);
// @ts-expect-error A stream with keys is connected with one that has them.
orders.keyBy((order) => order.customer).connect(customers);

const late = outputTag<Order>('late');

class Meet<K> implements KeyedCoProcessFunction<K, Order, Customer, number> {
  processElement1(order: Order, context: KeyedProcessContext<K, number>): void {
    context.emit(order.amount);
  }
  processElement2(customer: Customer, context: KeyedProcessContext<K, number>): void {
    context.timers.setEventTime(customer.number);
  }
}

// @ts-expect-error What needs keys does not run without them.
both.process<number>(new Meet<string>());
export const met: DataStream<number> = byCustomer.process(new Meet<string>());

export const process: DataStream<Order> = byCustomer
  .process<string>({
    processElement1: (order, context) => {
      const key: string = context.currentKey;
      context.emit(key);
      context.output(late, order);
      // @ts-expect-error What is emitted is of the output's type.
      context.emit(order.amount);
    },
    processElement2: (customer, context) => {
      context.timers.setEventTime(customer.number);
      // @ts-expect-error A side output has records of its tag's type, from either side.
      context.output(late, customer);
    },
    onTimer: (timestamp, context) => context.emit(`${timestamp} ${context.currentKey}`),
  })
  .getSideOutput(late);

// @ts-expect-error Keyed streams of different keys are different.
export const wrong: KeyedStream<Order, number> = orders.keyBy((order) => order.customer);

const lateCustomer = outputTag<Customer>('late-customer');

/** An interval join pairs records of the same key type; late records leave each by a tag of their own type. */
export const joined: DataStream<string> = orders
  .keyBy((order) => order.customer)
  .intervalJoin(customers.keyBy((customer) => customer.id))
  .between(-1, 1)
  .sideOutputLeftLateData(late)
  .sideOutputRightLateData(lateCustomer)
  .process<string>({
    processElement: (order, customer, context) => {
      context.emit(`${order.amount} ${customer.number} ${context.timestamp}`);
      // @ts-expect-error Records are read-only.
      customer.number = 1;
    },
  });

export const wrongJoins = [
  // @ts-expect-error The keys of both sides are of one type.
  orders.keyBy((order) => order.customer).intervalJoin(customers.keyBy((customer) => customer.number)),
  // @ts-expect-error Both sides have keys.
  orders.keyBy((order) => order.customer).intervalJoin(customers),
];
