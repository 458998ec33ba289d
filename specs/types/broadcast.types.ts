import {
  type BroadcastConnectedStream,
  type BroadcastProcessFunction,
  type BroadcastStream,
  type DataStream,
  type KeyedBroadcastConnectedStream,
  type KeyedBroadcastContext,
  type KeyedBroadcastProcessFunction,
  listState,
  mapState,
} from 'weirflow';

/** Broadcast state is map state, written by the broadcast side alone. */

interface Trade {
  readonly symbol: string;
  readonly price: number;
}
interface Rule {
  readonly symbol: string;
  readonly limit: number;
}

declare const trades: DataStream<Trade>;
declare const rules: DataStream<Rule>;

const limits = mapState<string, number>('limits');

export const broadcast: BroadcastStream<Rule> = rules.broadcast(limits, mapState<number, string>('others'));
export const plain: DataStream<Rule> = rules.broadcast();
// @ts-expect-error Broadcast state is map state.
rules.broadcast(listState<number>('list'));
// @ts-expect-error A broadcast stream is only there to be connected with.
broadcast.map((rule) => rule);

export const connected: BroadcastConnectedStream<Trade, Rule> = trades.connect(broadcast);
export const texts: DataStream<string> = connected.process<string>({
  processElement: (trade, context) => {
    const limit: number | undefined = context.broadcastState(limits).get(trade.symbol);
    context.emit(`${limit}`);
    // @ts-expect-error Only the broadcast side writes.
    context.broadcastState(limits).put(trade.symbol, 1);
    // @ts-expect-error There are no keys, and no state of them.
    context.currentKey;
  },
  processBroadcastElement: (rule, context) => {
    context.broadcastState(limits).put(rule.symbol, rule.limit);
    // @ts-expect-error Values are of the descriptor's type.
    context.broadcastState(limits).put(rule.symbol, rule.symbol);
  },
});

export const keyed: KeyedBroadcastConnectedStream<Trade, Rule, string> = trades
  .keyBy((trade) => trade.symbol)
  .connect(broadcast);
keyed.process<string>({
  processElement: (_trade, context) => {
    const key: string = context.currentKey;
    context.emit(key);
    context.timers.setEventTime(1);
    // @ts-expect-error Only the broadcast side writes.
    context.broadcastState(limits).clear();
  },
  processBroadcastElement: (_rule, context) => {
    // @ts-expect-error A broadcast record has no key,
    context.currentKey;
    // @ts-expect-error and no timers.
    context.timers;
  },
  onTimer: (_time, context) => {
    // @ts-expect-error Nor does a timer write.
    context.broadcastState(limits).remove('a');
  },
});

class Keyed implements KeyedBroadcastProcessFunction<string, Trade, Rule, string> {
  processElement(trade: Trade, context: KeyedBroadcastContext<string, string>): void {
    context.emit(`${context.currentKey} ${trade.price}`);
  }
  processBroadcastElement(): void {}
}
keyed.process(new Keyed());
// @ts-expect-error What needs keys does not run without them.
connected.process<string>(new Keyed());
declare const withoutKeys: BroadcastProcessFunction<Trade, Rule, string>;
connected.process(withoutKeys);
