import {
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type ListState,
  listState,
  type OnTimerContext,
} from 'weirflow';

/** How many bids an auction got in a window. */
export interface AuctionCount {
  readonly auction: number;
  readonly windowEnd: number;
  readonly count: number;
}

/** Of the auctions of one window those with the greatest count, when the window has ended. */
export class MostBids implements KeyedProcessFunction<number, AuctionCount, AuctionCount> {
  private leading!: ListState<AuctionCount>;

  open({ state }: KeyedInstance): void {
    this.leading = state(listState<AuctionCount>('leading'));
  }

  processElement(counted: AuctionCount, { timers }: KeyedProcessContext<number, AuctionCount>): void {
    const most = this.leading.get()[0]?.count ?? 0;
    if (counted.count > most) this.leading.update([counted]);
    else if (counted.count === most) this.leading.add(counted);
    timers.setEventTime(counted.windowEnd - 1);
  }

  onTimer(_time: number, { emit }: OnTimerContext<number, AuctionCount>): void {
    for (const counted of this.leading.get()) emit(counted);
    this.leading.clear();
  }
}
