import { connect } from '@nats-io/transport-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SlotAddress } from '../../actors/protocol/ids.js';
import { nodeClock } from '../../src/runtime/world/clock.js';
import { passwordAccess } from '../../src/transport/nats/access.js';
import { connectNats, type NatsOptions } from '../../src/transport/nats/connect.js';
import { NatsBus } from '../../src/transport/nats/nats-bus.js';
import { NatsDataLinks } from '../../src/transport/nats/nats-data-links.js';
import { configurationFile, linkTo, natsServerForFile, natsServerForTest } from './nats-world.js';
import { realUntil as until } from './until.js';

const file = natsServerForFile();

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const slotOf = (process: string, slot: number): SlotAddress => ({ process, incarnation: '1', slot });

const optionsFor = (url: string): NatsOptions => ({
  servers: [url],
  cluster: 'spec',
  process: 'a',
  purpose: 'control',
  clock: nodeClock,
  deadlineMs: 10_000,
});

/** Everything that passes the server, by subject. */
async function watchedSubjects(url: string): Promise<string[]> {
  const watcher = await connect({ servers: url });
  onTestFinished(() => watcher.close());
  const subjects: string[] = [];
  watcher.subscribe('weir.>', { callback: (_, message) => void subjects.push(message.subject) });
  await watcher.flush();
  return subjects;
}

describe('nats: the first connection', () => {
  it('waits for a server that is not there yet, and says why', async () => {
    const server = await natsServerForTest();
    await server.end('SIGTERM');
    const told: string[] = [];
    const connecting = connectNats({ ...optionsFor(server.url), onWaiting: (text) => told.push(text) });
    await until(() => told.length > 0);
    await server.start();
    const connected = await connecting;
    expect(connected.ok).toBe(true);
    if (connected.ok) await connected.link.close();
    expect(told).toEqual([
      expect.stringMatching(/^waiting for NATS at nats:\/\/127\.0\.0\.1:\d+ \(.*ECONNREFUSED\), for 10 s more$/),
    ]);
  });

  it('gives up at the deadline, and says what to do', async () => {
    const server = await natsServerForTest();
    await server.end('SIGTERM');
    const sinceMs = nodeClock.monotonicMs();
    const connected = await connectNats({ ...optionsFor(server.url), deadlineMs: 300 });
    expect(nodeClock.monotonicMs() - sinceMs).toBeLessThan(2_000);
    expect(connected).toMatchObject({ ok: false, failure: { code: 'NATS_UNREACHABLE', domain: 'infrastructure' } });
    if (!connected.ok)
      expect(connected.failure.message).toMatch(/within 0\.3 s: .*ECONNREFUSED.*weir nats install.*NATS_URL/);
  });

  it('is refused at once with wrong credentials, which the message does not repeat', async () => {
    const server = await natsServerForTest({ args: ['--user', 'weir', '--pass', 'secret'] });
    const url = server.url.replace('//', '//weir:guess@');
    const connected = await connectNats({ ...optionsFor(url), access: passwordAccess('weir', 'guess') });
    expect(connected).toMatchObject({ ok: false, failure: { code: 'NATS_DENIED', retry: 'never' } });
    if (!connected.ok) expect(connected.failure.message).not.toContain('guess');
    const { link } = await linkTo(server.url, 'a', { access: passwordAccess('weir', 'secret') });
    expect(link.up).toBe(true);
  });

  it('is refused where frames do not fit', async () => {
    const server = await natsServerForTest({ args: ['--config', await configurationFile('max_payload: 65536')] });
    const connected = await connectNats(optionsFor(server.url));
    expect(connected).toMatchObject({ ok: false, failure: { code: 'NATS_UNSUITABLE', retry: 'never' } });
    if (!connected.ok) expect(connected.failure.message).toMatch(/max_payload is 65536 bytes/);
  });

  it.each(['', 'a.b', 'a b', '*', '>', 'a\r\nPUB x 0', 'ü', 'x'.repeat(129)])('refuses the name %j', async (name) => {
    const options = optionsFor(file.server.url);
    for (const named of [
      { ...options, cluster: name },
      { ...options, process: name },
    ]) {
      expect(await connectNats(named)).toMatchObject({ ok: false, failure: { code: 'NAME_INVALID' } });
    }
  });

  it('refuses what is no server', async () => {
    const connected = await connectNats({ ...optionsFor(''), servers: ['nats://:nowhere:'] });
    expect(connected).toMatchObject({ ok: false, failure: { code: 'NATS_OPTIONS_INVALID' } });
  });
});

describe('nats: a server that goes and comes back', () => {
  it('the link tells so, once each way, and carries messages again', async () => {
    const server = await natsServerForTest();
    const a = await linkTo(server.url, 'a');
    const b = await linkTo(server.url, 'b');
    const [busA, busB] = [new NatsBus(a.link), new NatsBus(b.link)];
    const received: string[] = [];
    busB.listen('b', (bytes) => received.push(textOf(bytes)));
    await server.end('SIGKILL');
    await until(() => a.changes.length > 0 && b.changes.length > 0);
    let unreachable = 0;
    busA.send('b', 'send.test', bytesOf('into the void'), () => {
      unreachable += 1;
    });
    await server.start();
    await until(() => a.link.up && b.link.up);
    await b.link.connection.flush();
    busA.send('b', 'send.test', bytesOf('again'), null);
    await until(() => received.length > 0);
    expect(received).toEqual(['again']);
    expect(unreachable).toBe(0);
    expect([a.changes, b.changes]).toEqual([
      [false, true],
      [false, true],
    ]);
    expect(a.troubles).toEqual([]);
  });

  it('frames are lost, and those that arrive keep their order', async () => {
    const server = await natsServerForTest();
    const a = await linkTo(server.url, 'a');
    const b = await linkTo(server.url, 'b');
    const received: number[] = [];
    new NatsDataLinks(b.link).listen(slotOf('b', 0), (frame) =>
      received.push(new DataView(frame.buffer, frame.byteOffset).getUint32(0)),
    );
    await b.link.connection.flush();
    const links = new NatsDataLinks(a.link);
    let sent = 0;
    const sendOn = (): void => {
      const frame = new Uint8Array(1_000);
      new DataView(frame.buffer).setUint32(0, sent);
      sent += 1;
      links.send(slotOf('a', 0), slotOf('b', 0), frame);
    };
    const sendUntil = (condition: () => boolean): Promise<void> =>
      until(() => {
        sendOn();
        return condition();
      });
    await sendUntil(() => received.length > 100);
    const restarted = server.restart('SIGKILL');
    await sendUntil(() => !a.link.up);
    await restarted;
    await sendUntil(() => a.link.up && b.link.up);
    const before = received.length;
    await sendUntil(() => received.length > before + 100);
    expect(received.every((number, i) => i === 0 || number > (received[i - 1] ?? 0))).toBe(true);
    expect(received.length).toBeLessThan(sent);
  });

  it('of several servers one is enough, and one that was away at first is tried later', async () => {
    const [first, second] = [await natsServerForTest(), await natsServerForTest()];
    await first.end('SIGTERM');
    const { link, changes } = await linkTo('', 'a', { servers: [first.url, second.url] });
    await first.start();
    await second.end('SIGTERM');
    await until(() => changes.length === 2);
    expect(link.up).toBe(true);
    expect(link.connection.getServer()).toBe(first.url.replace('nats://', ''));
  });

  it('a link can be closed while the server is away', async () => {
    const server = await natsServerForTest();
    const { link, changes } = await linkTo(server.url, 'a');
    await server.end('SIGTERM');
    await until(() => changes.length > 0);
    await link.close();
    expect({ changes, closed: link.connection.isClosed() }).toEqual({ changes: [false], closed: true });
  });

  it('a link that is closed says nothing more, and takes nothing', async () => {
    const { link, changes, troubles } = await linkTo(file.server.url, 'a');
    const bus = new NatsBus(link);
    await link.close();
    bus.send('a', 'send.test', bytesOf('x'), null);
    expect({ up: link.up, changes, troubles }).toEqual({ up: false, changes: [], troubles: [] });
  });

  it('what was sent just before a link is closed arrives', async () => {
    const a = await linkTo(file.server.url, 'a');
    const b = await linkTo(file.server.url, 'b');
    const received: string[] = [];
    new NatsBus(b.link).listen('b', (bytes) => received.push(textOf(bytes)));
    await b.link.connection.flush();
    new NatsBus(a.link).send('b', 'send.test', bytesOf('goodbye'), null);
    await a.link.close();
    await until(() => received.length > 0);
  });
});

describe('nats: what stands on the wire', () => {
  it('subjects say cluster, process and topic, so that people can watch a part of it', async () => {
    const { server } = file;
    const { link } = await linkTo(server.url, 'a');
    const subjects = await watchedSubjects(server.url);
    new NatsBus(link).send('tm-1', 'ask.subtask.restore', bytesOf('x'), null);
    new NatsDataLinks(link).send(slotOf('a', 0), slotOf('tm-2', 3), bytesOf('x'));
    await until(() => subjects.length === 2);
    expect(subjects).toEqual(['weir.spec.ctl.tm-1.ask.subtask.restore', 'weir.spec.data.tm-2.1.3']);
  });

  it('clusters of one server do not hear each other', async () => {
    const { server } = file;
    const heard: string[] = [];
    const ours = await linkTo(server.url, 'a', { cluster: 'ours' });
    const theirs = await linkTo(server.url, 'b', { cluster: 'theirs' });
    new NatsBus(theirs.link).listen('b', () => heard.push('theirs'));
    await theirs.link.connection.flush();
    await new Promise<void>((resolve) => new NatsBus(ours.link).send('b', 'send.test', bytesOf('x'), resolve));
    expect(heard).toEqual([]);
  });

  it('an address of a stranger cannot lead elsewhere', async () => {
    const { server } = file;
    const { link, troubles } = await linkTo(server.url, 'a');
    const subjects = await watchedSubjects(server.url);
    const bus = new NatsBus(link);
    for (const name of ['b.ctl', '>', '*', 'b x', 'b\r\nPUB weir.x 0\r\n\r\n'])
      bus.send(name, 'send.test', bytesOf('x'), null);
    bus.send('b', 'send.a b\r\nPUB weir.x 0\r\n\r\n', bytesOf('x'), null);
    await until(() => subjects.length > 0);
    await link.connection.flush();
    expect(subjects).toEqual(['weir.spec.ctl.b.unnamed']);
    expect(troubles.map(({ code }) => code)).toEqual(Array.from({ length: 5 }, () => 'NAME_INVALID'));
  });

  it('a message that the server would not take is not sent, and named', async () => {
    const { link, troubles } = await linkTo(file.server.url, 'a');
    const large = new Uint8Array(link.payloadBytesMax + 1);
    new NatsBus(link).send('b', 'ask.jobMaster.start', large, null);
    new NatsDataLinks(link).send(slotOf('a', 0), slotOf('b', 0), large);
    await link.connection.flush();
    expect(link.up).toBe(true);
    expect(troubles.map(({ code }) => code)).toEqual(['CONTROL_MESSAGE_TOO_LARGE', 'FRAME_TOO_LARGE']);
    expect(troubles[0]?.message).toContain('ask.jobMaster.start');
  });

  it('a permission that is missing is told', async () => {
    const permissions = '{ publish: ["weir.>", "_INBOX.>"], subscribe: "_INBOX.>" }';
    const config = `authorization { users: [{ user: weir, password: x, permissions: ${permissions} }] }`;
    const server = await natsServerForTest({ args: ['--config', await configurationFile(config)] });
    const { link, troubles } = await linkTo(server.url, 'a', { access: passwordAccess('weir', 'x') });
    new NatsBus(link).listen('a', () => undefined);
    await until(() => troubles.length > 0);
    expect(troubles[0]).toMatchObject({ code: 'NATS_REFUSED', message: expect.stringContaining('weir.spec.ctl.a.>') });
  });

  it('of thousands of messages exactly those to absent processes are told as unreachable', async () => {
    const a = await linkTo(file.server.url, 'a');
    const b = await linkTo(file.server.url, 'b');
    let received = 0;
    new NatsBus(b.link).listen('b', () => {
      received += 1;
    });
    await b.link.connection.flush();
    const bus = new NatsBus(a.link);
    const unreachable: number[] = [];
    for (let i = 0; i < 3_000; i += 1)
      bus.send(i % 3 === 0 ? 'absent' : 'b', 'send.test', bytesOf('x'), () => unreachable.push(i));
    await until(() => received + unreachable.length === 3_000);
    expect(unreachable).toEqual(Array.from({ length: 1_000 }, (_, i) => 3 * i));
  });
});
