import { describe, expect, it } from 'vitest';
import { type BroadcastProcessFunction, type DataStream, mapState } from 'weirflow';
import { checkTwoInputOperator, first, openTwoInputHarness, record, second } from 'weirflow/testing';
import { type Event, event, values } from './events.js';

const limits = mapState<string, number>('limits');

/** The second input says how large the numbers of the first may be. */
const bounded: BroadcastProcessFunction<Event, Event, string> = {
  processElement: ({ key, n }, { broadcastState, emit }) => {
    emit(`${key} ${n <= (broadcastState(limits).get(key) ?? 0) ? 'passes' : 'fails'}`);
  },
  processBroadcastElement: ({ key, n }, { broadcastState }) => broadcastState(limits).put(key, n),
};

const build = (events: DataStream<Event>, rules: DataStream<Event>) =>
  events.rebalance().connect(rules.broadcast(limits)).process(bounded);

describe('Broadcast state', () => {
  it('is written by the broadcast side and read by the other, in every parallel instance', async () => {
    const harness = await openTwoInputHarness({ build, parallelism: 3 });
    harness.pushSecond(event('a', 5));
    for (const n of [4, 5, 6]) harness.pushFirst(event('a', n));
    expect(values(harness.output())).toEqual(['a passes', 'a passes', 'a fails']);
  });

  it('the other side cannot write', async () => {
    const harness = await openTwoInputHarness({
      build: (events: DataStream<Event>, rules: DataStream<Event>) =>
        events.connect(rules.broadcast(limits)).process<string>({
          processElement: ({ key, n }, { broadcastState }) => {
            const writable = broadcastState(limits) as unknown as { put(key: string, n: number): void };
            writable.put(key, n);
          },
          processBroadcastElement: () => undefined,
        }),
    });
    expect(() => harness.pushFirst(event('a', 1))).toThrow(/broadcast/);
  });

  it('every subtask snapshots its copy, and at a larger parallelism each new one gets one', {
    timeout: 60_000,
  }, async () => {
    await checkTwoInputOperator({
      build,
      input: [
        second(record(event('a', 5))),
        ...[1, 2, 3].map((n) => first(record(event('a', n)))),
        second(record(event('a', 2))),
        ...[1, 2, 3].map((n) => first(record(event('a', n)))),
      ],
      runs: 5,
      expect: ['a passes', 'a passes', 'a passes', 'a passes', 'a passes', 'a fails'],
    });
  });
});
