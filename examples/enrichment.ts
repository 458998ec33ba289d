import { defineJob, type KeyedBroadcastProcessFunction, type ListState, listState, mapState } from 'weirflow';
import { csv, fileSource } from 'weirflow/connectors/file';
import { type Airport, byDate, departureMs, type Flight, flights, pathOf, write } from './flight-data.js';

interface NamedFlight {
  readonly date: string;
  readonly from: string;
  readonly to: string;
}

const cities = mapState<string, string>('cities');

/**
 * Flights with the cities of their airports, which are broadcast to every subtask. Run it with: npx weir run examples/enrichment.ts
 *
 * --airports  a CSV file like the one of the package vega-datasets, which is read when left out
 */
export default defineJob('enrichment', (env) => {
  const dated = flights(env).assignTimestampsAndWatermarks(byDate).uid('dates');
  const path = pathOf(env, 'airports', 'airports.csv');
  const airports = env.fromSource(fileSource<Airport>({ path, format: csv<Airport>() }), { uid: 'airports' });
  const named = dated
    .keyBy(({ origin }) => origin)
    .connect(airports.broadcast(cities))
    .process(enrichment())
    .uid('named');
  write(env, 'named', named);
});

/**
 * A flight whose airports are not known yet waits, and so does a timer for it: event time goes on when it does on both inputs, and that of the airports,
 * which have no timestamps, when all of them are read.
 */
function enrichment(): KeyedBroadcastProcessFunction<string, Flight, Airport, NamedFlight> {
  let waiting!: ListState<Flight>;
  return {
    open: ({ state }) => {
      waiting = state(listState<Flight>('waiting'));
    },
    processElement: (flight, { broadcastState, timers, emit }) => {
      const [from, to] = [flight.origin, flight.destination].map((iata) => broadcastState(cities).get(iata));
      if (from !== undefined && to !== undefined) return emit({ date: flight.date, from, to });
      waiting.add(flight);
      timers.setEventTime(departureMs(flight));
    },
    processBroadcastElement: ({ iata, city }, { broadcastState }) => broadcastState(cities).put(iata, city),
    onTimer: (_time, { broadcastState, emit }) => {
      const cityOf = (iata: string): string => broadcastState(cities).get(iata) ?? iata;
      for (const { date, origin, destination } of waiting.get()) {
        emit({ date, from: cityOf(origin), to: cityOf(destination) });
      }
      waiting.clear();
    },
  };
}
