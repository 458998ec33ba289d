import { describe, expect, it } from 'vitest';
import { BasicOperator, type Operator } from '../../../src/operators/operator.js';
import { Driver, type DriverOptions } from './driver.js';
import { Script, ScriptedOperator } from './scripted-operator.js';
import { map, Outside, operator, RangeSource, ranges, testJob, transactionalSink } from './test-jobs.js';
import { World } from './world.js';

const passThrough = (outside = new Outside(), stages = [map('same', (value: number) => value)]) =>
  testJob(
    [
      { id: 'read', parallelism: 2, source: new RangeSource(), stages },
      { id: 'write', parallelism: 2, stages: [transactionalSink('sink', outside)] },
    ],
    [{ from: 'read', to: 'write', partitioner: 'rebalance' }],
  );

/** One record leaves aside; the others are dropped. */
class Divide extends BasicOperator<number, number> {
  process(value: number, timestamp: number): void {
    if (value === 1) this.context.output.side('rare', value, timestamp);
  }
}

const twoSlots = (world: World, options: DriverOptions = {}, outside = new Outside()): Driver =>
  new Driver(world, passThrough(outside), { slots: 2, splits: ranges(2_000, 2_000), ...options });

describe('slot: loading', () => {
  it('refuses a program whose graph is another one, and names the first difference', () => {
    const world = new World();
    const driver = new Driver(world, passThrough());
    const graph = {
      ...driver.job.graph,
      vertices: driver.job.graph.vertices.map((vertex) => ({ ...vertex, parallelism: 3 })),
    };
    const { allocation, placement } = driver;
    const record = { ...driver.job.record, graph };
    driver.host.perform({ kind: 'slot.load', slot: 0, allocation, record, graph, placement });
    world.runFor(10);
    expect(driver.messages('slot.loadFailed')).toMatchObject([
      {
        failure: {
          code: 'GRAPH_MISMATCH',
          retry: 'never',
          message: expect.stringContaining("vertex 'read': parallelism is 3, then 2"),
        },
      },
    ]);
    expect(driver.host.inspect()).toEqual([]);
  });

  it('drops what was loading when it is unloaded first', () => {
    const world = new World();
    const driver = new Driver(world, passThrough());
    const { allocation, placement, job } = driver;
    driver.host.perform({ kind: 'slot.load', slot: 0, allocation, record: job.record, graph: job.graph, placement });
    driver.host.perform({ kind: 'slot.unload', slot: 0, allocation });
    world.runFor(10);
    expect(driver.messages('slot.loaded')).toEqual([]);
    expect(driver.messages('slot.unloaded')).toEqual([{ type: 'slot.unloaded', allocation }]);
  });

  it('does not unload another run than the named one', () => {
    const driver = twoSlots(new World()).deploy();
    const old = { ...driver.allocation, run: 0 };
    driver.host.perform({ kind: 'slot.unload', slot: 0, allocation: old });
    expect(driver.messages('slot.unloaded')).toEqual([{ type: 'slot.unloaded', allocation: old }]);
    expect(driver.host.inspect()).toHaveLength(2);
  });

  it('ends everything at once when it is unloaded, and says nothing of the run any more', () => {
    const script = new Script();
    const world = new World();
    const stage = operator('a', () => new ScriptedOperator('a', script) as Operator<never, never>);
    const job = testJob([{ id: 'task', source: new RangeSource(), stages: [stage] }], []);
    const driver = new Driver(world, job, { splits: ranges(100_000) }).deploy();
    world.runFor(20);
    driver.host.perform({ kind: 'slot.unload', slot: 0, allocation: driver.allocation });
    const { length } = driver.told;
    const { length: calls } = script.log;
    expect(script.log.at(-1)).toBe('a.close');
    driver.perform('task#0', { kind: 'task.cancel' });
    world.runFor(10_000);
    expect(driver.told).toHaveLength(length);
    expect(script.log).toHaveLength(calls);
  });

  it('ends as a crash does when the host is terminated: nobody is called, nobody is told', () => {
    const script = new Script();
    const world = new World();
    const stage = operator('a', () => new ScriptedOperator('a', script) as Operator<never, never>);
    const driver = new Driver(world, testJob([{ id: 'task', source: new RangeSource(), stages: [stage] }], []), {
      splits: ranges(100_000),
    }).deploy();
    world.runFor(20);
    driver.crash();
    const [told, calls] = [driver.told.length, script.log.length];
    world.runFor(10_000);
    expect([driver.told.length, script.log.length]).toEqual([told, calls]);
  });
});

describe('slot: progress', () => {
  it('tells every second a number that grows, parked or not', () => {
    const world = new World();
    const driver = twoSlots(world, { splits: [], bounded: false }).deploy();
    world.runFor(3_500);
    const progress = driver.told
      .filter(({ actor }) => actor === 'slot/0')
      .flatMap(({ message }) =>
        message.type === 'slot.progressed' && 'progress' in message ? [message.progress as number] : [],
      );
    expect(progress).toHaveLength(3);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(new Set(progress).size).toBe(3);
  });
});

describe('slot: frames between slots', () => {
  it('keeps grants flowing when two in a hundred frames of them are lost', () => {
    // Every lost grant is made good by a later one; nothing may stick.
    const world = new World();
    let count = 0;
    world.linkMood = ({ bytes }) => (bytes[1] === 10 && ++count % 50 === 0 ? 'lost' : 'well');
    const outside = new Outside();
    const driver = twoSlots(world, { options: { frameBytes: 300, channelWindowFrames: 2 } }, outside).deploy();
    driver.awaitAll('task.drained');
    driver.checkpoint(1);
    expect(outside.committed).toHaveLength(4_000);
    expect(count).toBeGreaterThan(100);
  });

  it('fails the consumer when frames are lost, in the middle or at the end', () => {
    for (const lostFrom of [3, 40]) {
      const world = new World();
      const driver = twoSlots(world, { bounded: false, splits: ranges(400), options: { frameBytes: 300 } }).deploy();
      let count = 0;
      world.linkMood = ({ from, bytes }) =>
        from.slot === 0 && bytes[1] !== 10 && ++count >= lostFrom ? 'lost' : 'well';
      world.runFor(2_000);
      world.linkMood = () => 'well';
      world.runFor(1_000);
      expect(driver.failures()).toEqual(['CHANNEL_GAP']);
      expect(driver.tasklet('write#1').phase).toBe('failed');
      expect(driver.traces.map(({ what }) => what)).toContain('channelBroken');
    }
  });

  it('does not mind frames that come twice', () => {
    const world = new World();
    world.linkMood = () => 'twice';
    const outside = new Outside();
    const driver = twoSlots(world, {}, outside).deploy();
    driver.awaitAll('task.drained');
    driver.checkpoint(1);
    expect(outside.committed).toHaveLength(4_000);
    expect(driver.failures()).toEqual([]);
  });

  it('counts a damaged frame, uses nothing of it, and ends the attempt that it was for', () => {
    const world = new World();
    const driver = twoSlots(world).deploy();
    let damaged = false;
    world.linkMood = ({ bytes }) => {
      if (damaged || bytes[1] !== 0) return 'well';
      damaged = true;
      return 'damaged';
    };
    world.runFor(1_000);
    expect(driver.failures()).toEqual(['FRAME_CORRUPT']);
    expect(driver.host.inspect().reduce((sum, { damagedFrames }) => sum + damagedFrames, 0)).toBe(1);
    expect(driver.traces.map(({ what }) => what)).toContain('frameDamaged');
  });

  it('survives any bytes', () => {
    const world = new World();
    const outside = new Outside();
    const driver = twoSlots(world, {}, outside).deploy();
    const to = { process: 'tm', incarnation: 'life1', slot: 0 };
    for (const length of [0, 1, 47, 48, 100, 600_000])
      world.links.send(to, to, new Uint8Array(length).fill(length & 0xff));
    driver.awaitAll('task.drained');
    driver.checkpoint(1);
    expect(outside.committed).toHaveLength(4_000);
    expect(driver.host.inspect()[0]?.damagedFrames).toBe(6);
  });

  it('drops frames of another run, and of another job with the same run', () => {
    const world = new World();
    const seen: { from: never; to: never; bytes: Uint8Array }[] = [];
    world.linkMood = (frame) => {
      seen.push(frame as never);
      return 'well';
    };
    const first = twoSlots(world).deploy();
    first.awaitAll('task.drained');
    first.crash();
    const outside = new Outside();
    // The same process and slots, and so the same addresses.
    const second = twoSlots(world, { allocation: { job: 'another', run: 1, epoch: 1 } }, outside).deploy();
    for (const { from, to, bytes } of seen.slice(0, 50)) world.links.send(from, to, bytes);
    second.awaitAll('task.drained');
    second.checkpoint(1);
    expect(outside.committed).toHaveLength(4_000);
    expect(second.failures()).toEqual([]);
    expect(second.host.inspect().reduce((sum, { strayFrames }) => sum + strayFrames, 0)).toBeGreaterThanOrEqual(50);
  });

  it('conserves frames: what was sent is consumed, queued or on its way', () => {
    const world = new World();
    world.turnRecordsMax = 8;
    const driver = twoSlots(world, { options: { frameBytes: 300, channelWindowFrames: 3 } }).deploy();
    for (let look = 0; look < 50; look++) {
      world.runFor(1);
      const tasklets = driver.host.inspect().flatMap((slot) => slot.tasklets);
      const inputs = new Map(
        tasklets.flatMap(({ inputs: channels }) => channels.map((channel) => [channel.channel, channel])),
      );
      for (const output of tasklets.flatMap(({ outputs }) => outputs)) {
        const input = inputs.get(output.channel);
        if (input === undefined) throw new Error(`no input ${output.channel}`);
        expect(input.consumedThrough).toBeLessThanOrEqual(input.receivedThrough);
        expect(input.receivedThrough).toBeLessThanOrEqual(output.sentThrough);
        expect(input.records).toBeLessThanOrEqual(output.records);
      }
    }
    driver.awaitAll('task.drained');
    for (const { outputs } of driver.host.inspect().flatMap((slot) => slot.tasklets)) {
      for (const output of outputs)
        expect(output).toMatchObject({ queuedFrames: 0, partialRecords: 0, blocked: false });
    }
  });

  it('holds a source back while its receiver takes nothing, with a bounded amount on its way', () => {
    const world = new World();
    const script = new Script();
    class Full extends ScriptedOperator {
      override ready(): boolean {
        return this.count < 5;
      }
    }
    const job = testJob(
      [
        { id: 'read', parallelism: 2, source: new RangeSource(), stages: [] },
        {
          id: 'full',
          parallelism: 2,
          stages: [operator('full', () => new Full('full', script) as Operator<never, never>)],
        },
      ],
      [{ from: 'read', to: 'full', partitioner: 'rebalance' }],
    );
    const driver = new Driver(world, job, {
      slots: 2,
      splits: ranges(100_000, 100_000),
      options: { frameBytes: 400, channelWindowFrames: 4 },
    });
    driver.deploy();
    world.runFor(5_000);
    const read = driver.tasklet('read#0');
    expect(read.recordsIn).toBeLessThan(3_000);
    expect(read.blocked).toBe(true);
    expect(driver.tasklet('full#0').recordsIn).toBe(5);
  });
});

describe('slot: latency', () => {
  it.each([
    ['60 s of the job, 5 ms of the edge', 60_000, 5, true],
    ['5 ms of the job, 60 s of the edge', 5, 60_000, false],
    ['none of the job, each turn of the edge', null, 0, true],
    ['each turn of the job, none of the edge', 0, null, false],
  ])('a task that is never idle passes a batch on in time: %s', (_, ofJob, ofEdge, arrives) => {
    // One record goes the slow way, and the task is kept at work: without a timeout the record waits for others.
    const world = new World();
    const seen: unknown[] = [];
    const aside = { operator: 'divide', tag: 'rare' };
    const divide = operator('divide', () => new Divide() as Operator<never, never>);
    const toOther = { partitioner: 'custom', route: () => 1 } as const;
    const rare = { from: 'read', to: 'seen', side: aside, bufferTimeoutMs: ofEdge, ...toOther } as const;
    const job = testJob(
      [
        { id: 'read', parallelism: 1, source: new RangeSource(10, false), stages: [divide] },
        { id: 'seen', parallelism: 2, stages: [map('see', (value: number) => seen.push(value))] },
      ],
      [rare],
      ofJob,
    );
    const options = { turnRecordsMax: 8 };
    new Driver(world, job, { slots: 2, splits: ranges(1_000_000), bounded: false, options }).deploy();
    world.runFor(50);
    expect(seen).toEqual(arrives ? [1] : []);
  });

  it('without a buffer timeout a batch waits for others also while the task is idle, and for the end at most', () => {
    const world = new World();
    const seen: unknown[] = [];
    const job = testJob(
      [
        { id: 'read', parallelism: 2, source: new RangeSource(10, false), stages: [] },
        { id: 'seen', parallelism: 2, stages: [map('see', (value: number) => seen.push(value))] },
      ],
      [{ from: 'read', to: 'seen', partitioner: 'rebalance' }],
      null,
    );
    const driver = new Driver(world, job, { slots: 2, splits: ranges(4), bounded: false }).deploy();
    world.runFor(100);
    // What stays in its slot does not wait: the other half does.
    expect(seen).toHaveLength(2);
    driver.trigger({ epoch: 1, n: 1 });
    world.runFor(50);
    expect(seen.sort()).toEqual([0, 1, 2, 3]);
  });

  it('flushes at once when a task runs idle, whatever the buffer timeout', () => {
    const world = new World();
    const outside: unknown[] = [];
    const job = testJob(
      [
        { id: 'read', parallelism: 2, source: new RangeSource(), stages: [] },
        { id: 'seen', parallelism: 2, stages: [map('see', (value: number) => outside.push(value))] },
      ],
      [{ from: 'read', to: 'seen', partitioner: 'rebalance' }],
      60_000,
    );
    const driver = new Driver(world, job, { slots: 2, splits: ranges(3), bounded: false }).deploy();
    world.runFor(50);
    expect(outside.sort()).toEqual([0, 1, 2]);
    expect(driver.failures()).toEqual([]);
  });

  it('measures with markers from each source to the end of the graph', () => {
    const world = new World();
    const driver = twoSlots(world, { splits: [], bounded: false, options: { latencyMarkerMs: 100 } }).deploy();
    world.runFor(1_000);
    const latencies = driver.traces.filter(({ what }) => what === 'latency').map(({ detail }) => detail);
    expect(latencies.length).toBeGreaterThan(10);
    expect(new Set(latencies.map(({ source }) => source))).toEqual(new Set(['read#0', 'read#1']));
    expect(latencies.every(({ latencyMs }) => (latencyMs as number) >= 0 && (latencyMs as number) < 50)).toBe(true);
  });
});

describe('slot: failures of user code', () => {
  it('end the attempt and nothing else', () => {
    const world = new World();
    const outside = new Outside();
    const broken = map('broken', (value: number) => {
      if (value === 700) throw new Error('seven hundred');
      return value;
    });
    const job = passThrough(outside, [broken]);
    const driver = new Driver(world, job, { slots: 2, splits: ranges(2_000, 2_000) }).deploy();
    world.runFor(3_000);
    expect(driver.messages('task.failed')).toMatchObject([
      {
        failure: {
          code: 'USER_ERROR',
          domain: 'user',
          message: expect.stringContaining("operator 'broken' (uid broken) threw processing a record: seven hundred"),
          stack: expect.stringContaining('slot.spec.ts'),
        },
      },
    ]);
    const phases = driver.subtasks.map((subtask) => driver.tasklet(subtask).phase);
    expect(phases.filter((phase) => phase === 'failed')).toHaveLength(1);
  });
});
