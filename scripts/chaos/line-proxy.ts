import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Direction, Partition } from './plan.js';

type Way = Exclude<Direction, 'both'>;

/** The two halves of a connection that goes through. */
interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/**
 * The line of one process to nats-server: a TCP proxy on loopback that can be partitioned and mended. A server that does not run
 * refuses through it as it would without it: the connection breaks.
 */
export class LineProxy {
  private readonly pairs = new Set<Pair>();
  private partition: Partition | null = null;
  private readonly listener: Server;

  private constructor(private readonly serverPort: number) {
    this.listener = createServer((client) => this.accept(client));
  }

  static async listen(serverPort: number): Promise<LineProxy> {
    const proxy = new LineProxy(serverPort);
    proxy.listener.listen(0, '127.0.0.1');
    await once(proxy.listener, 'listening');
    return proxy;
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** Nothing comes through from now on, in the ways that the partition says. */
  break(partition: Partition): void {
    this.partition = partition;
    if (partition.how === 'cut') this.endAll();
    if (partition.how === 'stall') for (const pair of this.pairs) this.hold(pair);
  }

  mend(): void {
    const { partition } = this;
    this.partition = null;
    for (const pair of this.pairs) {
      // A connection of which bytes are missing in the middle would be no TCP; neither is one of which an end has gone.
      if (partition?.how === 'swallow' || pair.client.destroyed || pair.server.destroyed) this.end(pair);
      pair.client.resume();
      pair.server.resume();
    }
  }

  close(): void {
    this.listener.close();
    this.endAll();
  }

  private accept(client: Socket): void {
    if (this.partition?.how === 'cut') {
      client.resetAndDestroy();
      return;
    }
    const pair = { client, server: connect(this.serverPort, '127.0.0.1') };
    this.pairs.add(pair);
    this.forward(pair, 'toServer', client, pair.server);
    this.forward(pair, 'fromServer', pair.server, client);
    if (this.partition?.how === 'stall') this.hold(pair);
  }

  private forward(pair: Pair, way: Way, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('data', (bytes) => {
      if (this.isStopped('swallow', way) || to.destroyed) return;
      if (to.write(bytes)) return;
      from.pause();
      to.once('drain', () => {
        if (!this.isStopped('stall', way)) from.resume();
      });
    });
    // `close` follows, and tells the other half.
    from.on('error', () => from.destroy());
    from.on('close', () => {
      // While the line is down the other half hears nothing of it.
      if (this.partition === null) this.end(pair);
    });
  }

  private isStopped(how: 'stall' | 'swallow', way: Way): boolean {
    const { partition } = this;
    return partition?.how === how && (partition.direction === 'both' || partition.direction === way);
  }

  private hold(pair: Pair): void {
    if (this.isStopped('stall', 'toServer')) pair.client.pause();
    if (this.isStopped('stall', 'fromServer')) pair.server.pause();
  }

  private endAll(): void {
    for (const pair of this.pairs) this.end(pair);
  }

  private end(pair: Pair): void {
    this.pairs.delete(pair);
    pair.client.destroy();
    pair.server.destroy();
  }
}
