import {
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type OnTimerContext,
  type ValueState,
  valueState,
} from 'weirflow';
import { type Auction, isPersonOrAuction, type Person } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';

export interface NewSeller {
  readonly id: number;
  readonly name: string;
  readonly windowStart: number;
}

/** A person, and the start of a window. */
type PersonInWindow = readonly [person: number, windowStart: number];

export const windowMs = 10_000;

/** Monitor new users: who came and opened an auction within the same 10 s. */
export const q8: Query<NewSeller> = (events) =>
  events
    .filter(isPersonOrAuction)
    .keyBy((event): PersonInWindow => {
      const windowStart = event.dateTime - (event.dateTime % windowMs);
      return [event.kind === 'person' ? event.id : event.seller, windowStart];
    })
    .process(new NewSellers())
    .uid('new-sellers');

class NewSellers implements KeyedProcessFunction<PersonInWindow, Person | Auction, NewSeller> {
  private name!: ValueState<string>;
  private sells!: ValueState<boolean>;

  open({ state }: KeyedInstance): void {
    this.name = state(valueState<string>('name'));
    this.sells = state(valueState<boolean>('sells'));
  }

  processElement(event: Person | Auction, context: KeyedProcessContext<PersonInWindow, NewSeller>): void {
    if (event.kind === 'person') this.name.update(event.name);
    else this.sells.update(true);
    context.timers.setEventTime(context.currentKey[1] + windowMs - 1);
  }

  onTimer(_time: number, { currentKey, emit }: OnTimerContext<PersonInWindow, NewSeller>): void {
    const name = this.name.value();
    if (name !== undefined && this.sells.value()) emit({ id: currentKey[0], name, windowStart: currentKey[1] });
    this.name.clear();
    this.sells.clear();
  }
}

export default nexmarkJob('q8', q8);
