import {
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type MapState,
  mapState,
  type OnTimerContext,
  type ValueState,
  valueState,
} from 'weirflow';
import { nexmarkJob, type Query } from './nexmark-job.js';
import { type WinningBid, winningBids } from './winning-bids.js';

/** What auctions of a category have been sold for until then, on average, in whole cents. */
export interface CategoryPrice {
  readonly category: number;
  readonly average: number;
}

interface Total {
  readonly count: number;
  readonly sum: number;
}

/** Average price for a category, again each time that auctions close in it. */
export const q4: Query<CategoryPrice> = (events) =>
  winningBids(events)
    .keyBy(({ auction }) => auction.category)
    .process(new AveragePrice())
    .uid('average-price');

/** Adds up by the time of closing, so that no row depends on the order in which parallel subtasks deliver. */
class AveragePrice implements KeyedProcessFunction<number, WinningBid, CategoryPrice> {
  private total!: ValueState<Total>;
  private closing!: MapState<number, Total>;

  open({ state }: KeyedInstance): void {
    this.total = state(valueState<Total>('total'));
    this.closing = state(mapState<number, Total>('closing'));
  }

  processElement({ auction, bid }: WinningBid, { timers }: KeyedProcessContext<number, CategoryPrice>): void {
    const { count, sum } = this.closing.get(auction.expires) ?? none;
    this.closing.put(auction.expires, { count: count + 1, sum: sum + bid.price });
    timers.setEventTime(auction.expires);
  }

  onTimer(time: number, { currentKey, emit }: OnTimerContext<number, CategoryPrice>): void {
    const [before, now] = [this.total.value() ?? none, this.closing.get(time) ?? none];
    const total = { count: before.count + now.count, sum: before.sum + now.sum };
    this.closing.remove(time);
    this.total.update(total);
    emit({ category: currentKey, average: Math.floor(total.sum / total.count) });
  }
}

const none: Total = { count: 0, sum: 0 };

export default nexmarkJob('q4', q4);
