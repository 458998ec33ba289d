import {
  defineJob,
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type MapState,
  mapState,
  type OnTimerContext,
} from 'weirflow';
import { byDate, dayMs, dayOf, departureMs, type Flight, flights, write } from './flight-data.js';

interface RankedAirport {
  readonly day: string;
  readonly rank: number;
  readonly origin: string;
  readonly flights: number;
}

const ranks = 3;

/**
 * The three airports of each day with the most flights: a process function that counts, and a timer at the end of the day that ranks.
 * Run it with: npx weir run examples/top-airports.ts
 */
export default defineJob('top-airports', (env) => {
  const top = flights(env)
    .assignTimestampsAndWatermarks(byDate)
    .uid('dates')
    .keyBy((flight) => dayOf(departureMs(flight)))
    .process(new TopAirports())
    .uid('top');
  write(env, 'top', top);
});

class TopAirports implements KeyedProcessFunction<string, Flight, RankedAirport> {
  private counts!: MapState<string, number>;

  open({ state }: KeyedInstance): void {
    this.counts = state(mapState<string, number>('counts'));
  }

  processElement({ origin }: Flight, { currentKey, timers }: KeyedProcessContext<string, RankedAirport>): void {
    this.counts.put(origin, (this.counts.get(origin) ?? 0) + 1);
    timers.setEventTime(Date.parse(currentKey) + dayMs - 1);
  }

  onTimer(_time: number, { currentKey, emit }: OnTimerContext<string, RankedAirport>): void {
    const all = [...this.counts.entries()].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
    for (const [index, [origin, flights]] of all.slice(0, ranks).entries()) {
      emit({ day: currentKey, rank: index + 1, origin, flights });
    }
    this.counts.clear();
  }
}
