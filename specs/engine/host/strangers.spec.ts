import { describe, expect, it } from 'vitest';
import type { AnyMessage } from '../../../actors/kernel/message.js';
import { defaultJobOptions } from '../../../actors/protocol/job-graph.js';
import { decodeEnvelope, EnvelopeWriter, refusedVersions } from '../../../src/runtime/host/envelope.js';
import { anything, count, fields } from '../../../src/runtime/host/shape.js';
import { jobManagerWire, taskManagerWire, wireRefusal } from '../../../src/runtime/host/wire-messages.js';
import { jobManagerRoles } from '../../../src/runtime/process/job-manager.js';
import { taskManagerRoles } from '../../../src/runtime/process/task-manager.js';
import { ValueReader } from '../../../src/state/value-reader.js';
import { ValueWriter } from '../../../src/state/value-writer.js';
import { ToyWorld } from './toy.js';

const slots = [{ slot: 0, allocation: null, progress: 1, subtasks: ['a#0'] }];
const versions = { engine: '1.0.0', wire: 1 };
const register = {
  type: 'resourceManager.register',
  process: 'tm-1',
  incarnation: 'i',
  versions,
  slotMemoryBytes: 64,
  slots,
};

describe('strangers: what an actor takes from other processes', () => {
  const refusal = (actor: string, message: object): string | null =>
    wireRefusal({ ...jobManagerWire, ...taskManagerWire }, actor, message as AnyMessage);

  it('every role has its list, and every type in it is one of the actor’s messages', () => {
    const wires = { ...jobManagerWire, ...taskManagerWire };
    const roles = { ...jobManagerRoles, ...taskManagerRoles };
    expect(Object.keys(wires).sort()).toEqual(Object.keys(roles).sort());
    for (const [role, types] of Object.entries(wires)) {
      const known = Object.keys(roles[role as keyof typeof roles].messages);
      expect(Object.keys(types).filter((type) => !known.includes(type))).toEqual([]);
    }
  });

  it('a message with all its fields', () => {
    expect(refusal('resource-manager', register)).toBeNull();
    expect(
      refusal('heartbeat/tm-1@i', { type: 'taskManager.reported', beat: 3, slots, more: 'does no harm' }),
    ).toBeNull();
    expect(refusal('nobody/1', { type: 'doorbell' })).toBeNull();
  });

  it('a graph with an edge of each kind, and with sources that wait for each other', () => {
    const partitioners = ['forward', 'hash', 'rebalance', 'rescale', 'shuffle', 'global', 'broadcast', 'custom'];
    const edges = partitioners.map((partitioner) => ({ id: partitioner, from: 'a', to: 'b', partitioner }));
    const alignments = [{ vertex: 'a', group: 'g', maxDriftMs: 1 }];
    const graph = { name: 'j', vertices: [], edges, options: defaultJobOptions, alignments };
    const record = { format: 1, job: 'j', graph, code: 'c', params: [] };
    expect(refusal('dispatcher', { type: 'dispatcher.submitJob', record })).toBeNull();
    const odd = { ...record, graph: { ...graph, edges: [{ ...edges[0], partitioner: 'sideways' }] } };
    expect(refusal('dispatcher', { type: 'dispatcher.submitJob', record: odd })).toContain('partitioner is none of');
    const report = { number: 1, watermark: null, status: 'active' };
    const reached = { type: 'subtask.watermarkReached', run: 1, subtask: 'a#0', report };
    expect(refusal('alignment/j', reached)).toBeNull();
    expect(refusal('alignment/j', { ...reached, report: { ...report, status: 'asleep' } })).toContain(
      'status is none of',
    );
    expect(refusal('subtask/j/1/a#0', { type: 'alignment.announced', run: 1, limit: Number.NaN })).toContain(
      'limit is no number',
    );
  });

  it('a job of any partitioner, with and without what may be missing', () => {
    const partitioners = [
      'forward',
      'hash',
      'rebalance',
      'rescale',
      'shuffle',
      'global',
      'broadcast',
      'custom',
    ] as const;
    const edges = partitioners.map((partitioner) => ({
      id: partitioner,
      from: 'a',
      to: 'b',
      partitioner,
      input: 0,
      side: null,
    }));
    const vertex = { id: 'a', name: 'a', parallelism: 1, maxParallelism: 128, operators: [] };
    const graph = {
      name: 'job',
      vertices: [vertex, { ...vertex, id: 'b', slotSharingGroup: 'own' }],
      edges: edges.map((edge, index) => (index === 0 ? { ...edge, bufferTimeoutMs: null } : edge)),
      options: { ...defaultJobOptions, bufferTimeoutMs: null },
    };
    const record = { format: 1, job: 'job', graph, code: 'c0de', params: [] };
    expect(refusal('dispatcher', { type: 'dispatcher.submitJob', record })).toBeNull();
  });

  it.each([
    [{ slots: [{ ...slots[0], progress: -1 }] }, 'slots[0].progress is no whole number from 0 to'],
    [{ slots: [null] }, 'slots[0] is no object'],
    [{ slots: {} }, 'slots is no list'],
    [{ process: 7 }, 'process is no text'],
    [{ versions: null }, 'versions is no object'],
    [{ slots: [{ ...slots[0], allocation: { job: 'x', run: 1.5, epoch: 1 } }] }, 'slots[0].allocation.run is no whole'],
  ])('%j is named', (change, what) => {
    const wrong = refusal('resource-manager', { ...register, ...change });
    expect(wrong).toContain(`malformed: resourceManager.register.${what}`);
  });

  it.each([
    ['resource-manager', 'heartbeat.lost'],
    ['subtask/flights/1/a#0', 'task.failed'],
    ['slot/0', 'slot.evict'],
    ['dispatcher', 'record.created'],
    ['job-master/flights', 'ask.absent'],
    ['job-master/flights', 'constructor'],
    ['__proto__', 'toString'],
  ])('%s: what its own process says, a stranger cannot (%s)', (actor, type) => {
    const isRole = actor !== '__proto__';
    expect(refusal(actor, { type })?.includes('from other processes') ?? false).toBe(isRole);
  });
});

describe('versions: an envelope of another one', () => {
  /** As a process of wire version 9 would write it. */
  function foreign(bytes: Uint8Array): Uint8Array {
    const [, ...rest] = new ValueReader(bytes).read() as unknown[];
    const writer = new ValueWriter();
    writer.write([9, ...rest]);
    return writer.copy();
  }

  const from = { process: 'a', incarnation: 'a.1', actor: 'ping' };
  const to = { process: 'b', incarnation: 'b.1', actor: 'pong' };

  it('a question is answered with the version of this process; anything else only dropped', () => {
    const toy = new ToyWorld();
    const b = toy.pong();
    const sender = toy.processes.get('a');
    if (sender === undefined) throw new Error('no process a');
    const answers: Uint8Array[] = [];
    toy.network.busOf(sender).listen('a', (bytes) => answers.push(bytes));
    const message = { type: 'pong.count' };
    for (const kind of ['ask', 'send', 'answer', 'absent'] as const) {
      const bytes = foreign(new EnvelopeWriter().encode({ to, from, epoch: null, kind, ask: 'q', message }));
      toy.network.busOf(sender).send('b', 'send', bytes, null);
    }
    toy.runFor(5);
    expect(answers).toHaveLength(1);
    const answer = decodeEnvelope(answers[0] as Uint8Array);
    if (!('message' in answer)) throw new Error('no envelope');
    expect(answer).toMatchObject({ kind: 'refused', ask: 'q', from: to, to: from });
    expect(refusedVersions(answer)).toEqual({ engine: 'toy', wire: 1 });
    expect(b.stateOf('pong')?.context).toMatchObject({ count: 0 });
    expect(toy.dropped()).toEqual(Array(4).fill(': wire version 9, and this process is weirflow toy (wire version 1)'));
  });

  it('a registration that lacks a field: answered with both versions and what is missing, and the process ends', () => {
    const toy = new ToyWorld();
    const b = toy.pong(true, { pong: { 'pong.count': fields({ versions: anything, slotMemoryBytes: count() }) } });
    const ask = (message: AnyMessage): void => {
      toy.a.tell('ping', { type: 'ping.begin' });
      const life = toy.processes.get('a');
      if (life === undefined) throw new Error('no process a');
      const bytes = new EnvelopeWriter().encode({ to, from, epoch: null, kind: 'ask', ask: 'ping/1', message });
      toy.network.busOf(life).send('b', 'ask', bytes, null);
      toy.runFor(5);
    };
    // What says nothing of itself is garbage, and gets no answer.
    ask({ type: 'pong.count' });
    expect(toy.panics).toEqual([]);
    ask({ type: 'pong.count', versions: { engine: '0.0.9', wire: 1 } } as AnyMessage);
    const missing = 'malformed: pong.count.slotMemoryBytes is no whole number from 0 to 9007199254740991';
    expect(toy.dropped()).toContain(
      `pong.count: weirflow 0.0.9 (wire version 1), and this process is weirflow toy (wire version 1): ${missing}`,
    );
    expect(toy.panics).toMatchObject([
      {
        code: 'VERSION_MISMATCH',
        message:
          'a is weirflow toy (wire version 1) and b is weirflow toy (wire version 1), which does not understand it ' +
          `(${missing}). Start both with the same version.`,
      },
    ]);
    expect(b.stateOf('pong')?.context).toMatchObject({ count: 0 });
  });

  it('the refusal is read in any version, and ends the process whose open question it answers', () => {
    const toy = new ToyWorld();
    toy.a.tell('ping', { type: 'ping.begin' });
    toy.runFor(1);
    const refuse = (ask: string): void => {
      const message = { type: 'wire.refused', versions: { engine: '9.0.0', wire: 9 } };
      const life = toy.processes.get('a');
      if (life === undefined) throw new Error('no process a');
      const envelope = {
        to: { ...from },
        from: to,
        epoch: null,
        kind: 'refused',
        ask,
        message,
      } as const;
      toy.network.busOf(life).send('a', 'refused', foreign(new EnvelopeWriter().encode(envelope)), null);
      toy.runFor(5);
    };
    refuse('another');
    expect(toy.panics).toEqual([]);
    refuse('ping/1');
    expect(toy.panics).toMatchObject([
      {
        code: 'VERSION_MISMATCH',
        retry: 'never',
        message:
          'a is weirflow toy (wire version 1) and b is weirflow 9.0.0 (wire version 9). Start both with the same version.',
      },
    ]);
  });
});
