import {
  defineJob,
  fixedDelay,
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type MapState,
  mapState,
  type ValueState,
  valueState,
} from 'weirflow';
import { fileSink, jsonLines } from 'weirflow/connectors/file';
import { generatorSource } from 'weirflow/connectors/generator';
import { type Entry, entryLanes, entryOf } from '../records.js';

/** An entry with what its account holds after it. */
interface Booked extends Entry {
  readonly count: number;
  readonly balance: number;
}

/** With the number of entries that its desk has served by then, and of those the ones of its account. */
export interface LedgerRow extends Booked {
  readonly served: number;
  readonly visits: number;
}

/** Generated entries, keyed by account and then by desk: two shuffles, state of two kinds, a row for each entry. */
export default defineJob('ledger', (env) => {
  env
    .setParallelism(2)
    .enableCheckpointing({ intervalMs: 500 })
    // No fault of this run is the job's own, so none may use up an attempt.
    .setRestartStrategy(fixedDelay({ attempts: 0, delayMs: 100 }));
  const source = generatorSource({
    count: Number(env.param('count', '1000')),
    ratePerSecond: Number(env.param('rate', '1000')),
    splits: entryLanes,
    generate: entryOf,
  });
  env
    .fromSource(source, { uid: 'entries' })
    .keyBy(({ account }) => account)
    .process(new Accounts())
    .uid('accounts')
    .keyBy(({ desk }) => desk)
    .process(new Desks())
    .uid('desks')
    .sinkTo(fileSink({ folder: env.param('output', 'ledger-out'), format: jsonLines<LedgerRow>() }))
    .uid('rows');
});

class Accounts implements KeyedProcessFunction<number, Entry, Booked> {
  private totals!: ValueState<{ readonly count: number; readonly balance: number }>;

  open({ state }: KeyedInstance): void {
    this.totals = state(valueState<{ readonly count: number; readonly balance: number }>('totals'));
  }

  processElement(entry: Entry, context: KeyedProcessContext<number, Booked>): void {
    const before = this.totals.value() ?? { count: 0, balance: 0 };
    const after = { count: before.count + 1, balance: before.balance + entry.amount };
    this.totals.update(after);
    context.emit({ ...entry, ...after });
  }
}

class Desks implements KeyedProcessFunction<number, Booked, LedgerRow> {
  private served!: ValueState<number>;
  private visits!: MapState<number, number>;

  open({ state }: KeyedInstance): void {
    this.served = state(valueState<number>('served'));
    this.visits = state(mapState<number, number>('visits'));
  }

  processElement(booked: Booked, context: KeyedProcessContext<number, LedgerRow>): void {
    const served = (this.served.value() ?? 0) + 1;
    const visits = (this.visits.get(booked.account) ?? 0) + 1;
    this.served.update(served);
    this.visits.put(booked.account, visits);
    context.emit({ ...booked, served, visits });
  }
}
