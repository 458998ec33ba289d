import { describe, expect, it } from 'vitest';
import { keyGroupOf, subtaskOf } from '../../../src/state/key-groups.js';
import { LocalChannel } from '../../../src/task/channel/local-channel.js';
import { Gauge } from '../../../src/task/gauge.js';
import {
  BroadcastOutput,
  CustomOutput,
  GlobalOutput,
  HashOutput,
  KeyedForwardOutput,
  type PartitionedOutput,
  RebalanceOutput,
  ShuffleOutput,
} from '../../../src/task/output/partitioned-output.js';
import { TaskOutput } from '../../../src/task/output/task-output.js';
import { defaultTaskOptions } from '../../../src/task/task-options.js';

const emitter = { uid: 'emit', name: 'Emit' };
const identity = (value: never): unknown => value;

const channelsOf = (count: number): LocalChannel[] =>
  Array.from(
    { length: count },
    (_, consumer) =>
      new LocalChannel({ edge: 0, producer: 0, consumer }, defaultTaskOptions, new Gauge(), () => undefined),
  );

function received(channels: readonly LocalChannel[]): readonly (readonly unknown[])[] {
  return channels.map((channel) => {
    channel.flush();
    const element = channel.poll();
    return element?.kind === 'records' ? element.values : [];
  });
}

function emitted(output: PartitionedOutput, channels: readonly LocalChannel[], values: readonly unknown[]) {
  for (const value of values) output.emit(value, 0);
  return received(channels);
}

describe('partitioning', () => {
  it('hash sends a key to the subtask that owns its key group', () => {
    const channels = channelsOf(3);
    const values = Array.from({ length: 50 }, (_, index) => `key${index}`);
    const byChannel = emitted(new HashOutput(channels, identity, 128, emitter), channels, values);
    for (const [subtask, keys] of byChannel.entries()) {
      for (const key of keys) expect(subtaskOf(keyGroupOf(key, 128), 3, 128)).toBe(subtask);
    }
    expect(byChannel.flat()).toHaveLength(50);
  });

  it.each([1, 3])('hash refuses what cannot be a key, at parallelism %i too', (parallelism) => {
    const channels = channelsOf(parallelism);
    const [only] = channels;
    const output =
      parallelism === 1
        ? new KeyedForwardOutput(only as LocalChannel, identity, emitter)
        : new HashOutput(channels, identity, 128, emitter);
    expect(() => output.emit(Number.NaN, 0)).toThrow(/operator 'Emit' \(uid emit\) picking the key.*NaN/);
    expect(() => output.emit({ at: new Date(0) }, 0)).toThrow(/key\.at is an instance of Date/);
    expect(() => output.emit(undefined, 0)).toThrow(/key is undefined/);
  });

  it('rebalance goes round, from the index of the producer on', () => {
    const channels = channelsOf(3);
    expect(emitted(new RebalanceOutput(channels, 4), channels, [1, 2, 3, 4])).toEqual([[3], [1, 4], [2]]);
  });

  it('global gives everything to the first', () => {
    const [first, second] = channelsOf(2) as [LocalChannel, LocalChannel];
    expect(emitted(new GlobalOutput([first, second]), [first, second], [1, 2])).toEqual([[1, 2], []]);
  });

  it('shuffle goes by chance, which is the same for the same seed', () => {
    const values = Array.from({ length: 300 }, (_, index) => index);
    const shuffled = (seed: number) => {
      const channels = channelsOf(3);
      return emitted(new ShuffleOutput(channels, seed), channels, values);
    };
    expect(shuffled(7)).toEqual(shuffled(7));
    expect(shuffled(7)).not.toEqual(shuffled(8));
    for (const got of shuffled(0)) expect(got.length).toBeGreaterThan(60);
    expect(shuffled(0).flat()).toHaveLength(300);
  });

  it('custom goes where the function says, and refuses what is not there', () => {
    const channels = channelsOf(3);
    const output = new CustomOutput(channels, (value: number, parallelism) => value % parallelism, emitter);
    expect(emitted(output, channels, [0, 1, 2, 4])).toEqual([[0], [1, 4], [2]]);
    expect(() => output.emit(-1, 0)).toThrow(
      /operator 'Emit' \(uid emit\) sends a record to consumer -1, and there are 3/,
    );
    expect(() => output.emit('?', 0)).toThrow(/consumer NaN/);
    const throws = new CustomOutput(channels, () => JSON.parse('{'), emitter);
    expect(() => throws.emit(1, 0)).toThrow(/operator 'Emit' .*picking the consumer of a record/);
  });

  it('broadcast gives everything to everyone', () => {
    const channels = channelsOf(2);
    expect(emitted(new BroadcastOutput(channels), channels, [1, 2])).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('gives each of several edges all records, and control elements to all channels', () => {
    const [first, second] = [channelsOf(2), channelsOf(1)];
    const [only] = second;
    const output = new TaskOutput([
      new RebalanceOutput(first, 0),
      new KeyedForwardOutput(only as LocalChannel, identity, emitter),
    ]);
    for (const value of [1, 2, 3]) output.records.emit(value, 0);
    expect(received([...first, ...second])).toEqual([[1, 3], [2], [1, 2, 3]]);
    output.control({ kind: 'watermark', timestamp: 1 });
    expect(output.channels.map((channel) => (channel as LocalChannel).poll())).toEqual(
      Array.from({ length: 3 }, () => ({ kind: 'watermark', timestamp: 1 })),
    );
  });
});

describe('channel within a slot', () => {
  it('passes batches by reference and blocks its producer while a window of them waits', () => {
    const gauge = new Gauge();
    const limits = { ...defaultTaskOptions, channelWindowFrames: 2, batchRecordsMax: 1 };
    const channel = new LocalChannel({ edge: 0, producer: 0, consumer: 0 }, limits, gauge, () => undefined);
    const record = { id: 1 };
    channel.append(record, 5);
    expect(gauge.blocked).toBe(false);
    channel.append(2, 6);
    channel.append(3, 7);
    expect(gauge.blocked).toBe(true);
    const first = channel.poll();
    expect(first?.kind === 'records' && first.values[0] === record).toBe(true);
    expect(gauge.blocked).toBe(true);
    channel.poll();
    expect(gauge.blocked).toBe(false);
    expect(channel.inspectOutput()).toMatchObject({ sentThrough: 3, queuedFrames: 1, records: 3 });
    expect(channel.inspectInput()).toMatchObject({ consumedThrough: 2, records: 2 });
  });
});
