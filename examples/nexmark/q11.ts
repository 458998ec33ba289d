import {
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type OnTimerContext,
  type ValueState,
  valueState,
} from 'weirflow';
import { type Bid, isBid } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';

/** From the first bid until 10 s after the last. */
export interface BidderSession {
  readonly bidder: number;
  readonly bids: number;
  readonly start: number;
  readonly end: number;
}

export const gapMs = 10_000;

/** User sessions: how many bids each bidder made before a pause of 10 s. */
export const q11: Query<BidderSession> = (events) =>
  events
    .filter(isBid)
    .keyBy(({ bidder }) => bidder)
    .process(new Sessions())
    .uid('sessions');

class Sessions implements KeyedProcessFunction<number, Bid, BidderSession> {
  private sessions!: ValueState<readonly BidderSession[]>;

  open({ state }: KeyedInstance): void {
    this.sessions = state(valueState<readonly BidderSession[]>('sessions'));
  }

  processElement(_bid: Bid, { currentKey, timestamp, timers }: KeyedProcessContext<number, BidderSession>): void {
    let [bids, start, end] = [1, timestamp, timestamp + gapMs];
    const others: BidderSession[] = [];
    for (const each of this.sessions.value() ?? []) {
      if (each.start > end || each.end < start) others.push(each);
      else [bids, start, end] = [bids + each.bids, Math.min(start, each.start), Math.max(end, each.end)];
    }
    this.sessions.update([...others, { bidder: currentKey, bids, start, end }]);
    if (bids === 1) timers.setEventTime(end - 1);
  }

  /** A session that has grown since the timer was set gets another one. */
  onTimer(time: number, { timers, emit }: OnTimerContext<number, BidderSession>): void {
    const sessions = this.sessions.value() ?? [];
    for (const each of sessions) if (each.end - 1 <= time) emit(each);
    const open = sessions.filter(({ end }) => end - 1 > time);
    for (const { end } of open) timers.setEventTime(end - 1);
    if (open.length > 0) this.sessions.update(open);
    else this.sessions.clear();
  }
}

export default nexmarkJob('q11', q11);
