import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileSink, lines } from '../../../src/connectors/file/index.js';
import { type DataStream, type KeyedProcessFunction, tumblingEventTimeWindows } from '../../../src/index.js';
import { Valve } from '../../../src/task/gate/valve.js';
import { openHarness } from '../../../src/testing.js';
import { SinkAttempt } from '../connectors/drive-sink.js';

// Known races of engines of this kind that stand nowhere else by their number: those of checkpoints and savepoints are beside the actors.

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rows-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const pairs = [1, 2, 3, 4].flatMap((from) => [1, 2, 3, 4].map((to) => [from, to] as const));

describe('race 20: committables that are restored', () => {
  it.each(pairs)('several of each subtask, from parallelism %i to %i: each is committed once', async (from, to) => {
    const sink = fileSink({ folder, format: lines(), rollBytes: 1 });
    const start = (round: number, parallelism: number) =>
      Array.from({ length: parallelism }, (_, subtask) => new SinkAttempt(sink, { round, subtask, parallelism }));
    const old = start(1, from);
    for (const attempt of old) expect(await attempt.open()).toBeNull();
    const written: string[] = [];
    let items: readonly (readonly unknown[])[] = [];
    // Nobody hears that either checkpoint is complete, so that the second holds what both have prepared.
    for (const checkpoint of [1, 2]) {
      for (const [subtask, attempt] of old.entries()) {
        const values = ['a', 'b'].map((name) => `${name} of ${subtask} at ${checkpoint}`);
        attempt.write(...values);
        written.push(...values);
      }
      items = await Promise.all(old.map((attempt) => attempt.snapshot()));
    }
    const committables = items.map((own) =>
      (own as { committables?: readonly unknown[] }[]).reduce((n, item) => n + (item.committables?.length ?? 0), 0),
    );
    expect(Math.min(...committables)).toBeGreaterThanOrEqual(2);
    expect(await shown()).toEqual([]);
    // As a restore deals them: the pieces of each old subtask go to one of the new.
    const restored = start(2, to);
    const opened = restored.map((attempt, index) =>
      attempt.open(items.flatMap((own, i) => (i % to === index ? own : []))),
    );
    expect(await Promise.all(opened)).toEqual(restored.map(() => null));
    expect(await shown()).toEqual(written.sort());
    // A restore of the same checkpoint again, at the parallelism of before, commits nothing a second time.
    const again = start(3, from);
    expect(await Promise.all(again.map((attempt, index) => attempt.open(items[index])))).toEqual(again.map(() => null));
    expect(await shown()).toEqual(written.sort());
  });

  async function shown(): Promise<string[]> {
    const parts = (await readdir(folder)).filter((name) => !name.startsWith('.'));
    const texts = await Promise.all(parts.map((name) => readFile(join(folder, name), 'utf8')));
    return texts.flatMap((text) => text.split('\n').filter((line) => line !== '')).sort();
  }
});

interface Event {
  readonly key: string;
  readonly at: number;
}

const keys = Array.from({ length: 12 }, (_, index) => `k${index}`);

describe('race 21: event time and timers after a restore at another parallelism', () => {
  it.each(pairs)('%i to %i: what was late stays late, and makes no window come again', async (from, to) => {
    const build = (events: DataStream<Event>) =>
      events
        .keyBy(({ key }) => key)
        .window(tumblingEventTimeWindows({ sizeMs: 10 }))
        .reduce((first) => first);
    const harness = await openHarness({ build, parallelism: from });
    for (const key of keys) harness.push({ key, at: 5 }, 5);
    for (const key of keys) harness.push({ key, at: 25 }, 25);
    harness.watermark(20);
    expect(harness.output()).toHaveLength(keys.length);
    harness.restore(harness.snapshot(), { parallelism: to });
    for (const key of keys) harness.push({ key, at: 6 }, 6);
    harness.watermark(100);
    expect(harness.output().map(({ value }) => (value as Event).at)).toEqual(keys.map(() => 25));
    harness.close();
  });

  it.each(pairs)(
    '%i to %i and back: a timer that was taken back is gone, and one that was not fires once',
    async (from, to) => {
      const timed: KeyedProcessFunction<string, Event, string> = {
        processElement({ at }, { timers }) {
          if (at > 0) timers.setEventTime(at);
          else timers.deleteEventTime(-at);
        },
        onTimer(time, { currentKey, emit }) {
          emit(`${currentKey} ${time}`);
        },
      };
      const build = (events: DataStream<Event>) => events.keyBy(({ key }) => key).process(timed);
      const harness = await openHarness({ build, parallelism: from });
      for (const key of keys) for (const at of [50, 60]) harness.push({ key, at }, 0);
      harness.restore(harness.snapshot(), { parallelism: to });
      for (const key of keys) harness.push({ key, at: -50 }, 0);
      harness.restore(harness.snapshot(), { parallelism: from });
      harness.watermark(1_000);
      expect(
        harness
          .output()
          .map(({ value }) => value)
          .sort(),
      ).toEqual(keys.map((key) => `${key} 60`).sort());
      harness.close();
    },
  );
});

describe('race 22: channels that fall idle and come back', () => {
  it('all idle, then one that comes back: the input is active again, and follows that one alone', () => {
    const valve = new Valve(2);
    valve.advance(0, 10);
    valve.advance(1, 10);
    valve.setIdle(0, true);
    expect(valve.setIdle(1, true)).toEqual({ watermark: null, idle: true });
    expect(valve.setIdle(0, false)).toEqual({ watermark: null, idle: false });
    expect(valve.advance(0, 12)).toEqual({ watermark: 12, idle: null });
  });

  it('the last one that is active finishes: the others are idle, and wake the input again', () => {
    const valve = new Valve(2);
    valve.advance(0, 10);
    valve.setIdle(0, true);
    expect(valve.finish(1)).toEqual({ watermark: 10, idle: true });
    expect(valve.setIdle(0, false)).toEqual({ watermark: null, idle: false });
    expect(valve.advance(0, 20)).toEqual({ watermark: 20, idle: null });
  });
});
