import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LineProxy } from '../../scripts/chaos/line-proxy.js';
import type { Direction } from '../../scripts/chaos/plan.js';

/** One end of a connection, and all that has come to it. */
class End {
  text = '';
  private readonly waiting = new Set<() => void>();

  constructor(readonly socket: Socket) {
    socket.on('data', (bytes: Buffer) => {
      this.text += bytes.toString();
      for (const check of this.waiting) check();
    });
    // A reset is how some of these connections are meant to end.
    socket.on('error', () => socket.destroy());
    onTestFinished(() => void socket.destroy());
  }

  has(text: string): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.text === text) resolve();
      };
      this.waiting.add(check);
      check();
    });
  }

  closed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.closed) resolve();
      else this.socket.once('close', () => resolve());
    });
  }
}

/** A server behind a line, and the two ends of one connection through it. */
async function stage() {
  const sockets: ((socket: Socket) => void)[] = [];
  const server = createServer((socket) => sockets.shift()?.(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const line = await LineProxy.listen((server.address() as AddressInfo).port);
  onTestFinished(() => {
    line.close();
    server.close();
  });
  const dial = (): Socket => connect(Number(new URL(line.url).port), '127.0.0.1');
  const pair = async (): Promise<{ client: End; far: End }> => {
    const arrived = new Promise<Socket>((resolve) => {
      sockets.push(resolve);
    });
    const client = new End(dial());
    return { client, far: new End(await arrived) };
  };
  return { line, dial, pair, server, ...(await pair()) };
}

async function greet(client: End, far: End): Promise<void> {
  client.socket.write('a');
  far.socket.write('b');
  await Promise.all([far.has('a'), client.has('b')]);
}

describe('chaos: the line of a process to its server', () => {
  it('cut: what is connected breaks, what is new too, and after mending it connects again', async () => {
    const { line, dial, pair, client, far } = await stage();
    await greet(client, far);
    line.break({ how: 'cut' });
    await Promise.all([client.closed(), far.closed()]);
    await new End(dial()).closed();
    line.mend();
    const again = await pair();
    await greet(again.client, again.far);
  });

  it.each<[Direction, string, string]>([
    ['both', 'a', 'b'],
    ['toServer', 'a', 'bd'],
    ['fromServer', 'ac', 'b'],
  ])('late, %s: nothing breaks, and all of it comes after mending, in order', async (direction, atServer, atClient) => {
    const { line, pair, client, far } = await stage();
    await greet(client, far);
    line.break({ how: 'stall', direction });
    client.socket.write('c');
    far.socket.write('d');
    await Promise.all([far.has(atServer), client.has(atClient)]);
    line.mend();
    client.socket.write('e');
    await Promise.all([far.has('ace'), client.has('bd')]);
    expect([client.socket.destroyed, far.socket.destroyed]).toEqual([false, false]);
    const again = await pair();
    await greet(again.client, again.far);
  });

  it.each<Direction>(['both', 'toServer', 'fromServer'])('lost, %s: it breaks when it is mended', async (direction) => {
    const { line, client, far } = await stage();
    await greet(client, far);
    line.break({ how: 'swallow', direction });
    client.socket.write('c');
    far.socket.write('d');
    if (direction === 'toServer') await client.has('bd');
    if (direction === 'fromServer') await far.has('ac');
    line.mend();
    await Promise.all([client.closed(), far.closed()]);
    expect([far.text, client.text]).toEqual([
      direction === 'fromServer' ? 'ac' : 'a',
      direction === 'toServer' ? 'bd' : 'b',
    ]);
  });

  it('the server is away: a connection breaks, as it would without the line', async () => {
    const { dial, server, client, far } = await stage();
    server.close();
    far.socket.destroy();
    await client.closed();
    await new End(dial()).closed();
  });
});
