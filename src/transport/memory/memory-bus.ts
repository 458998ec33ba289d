import type { ProcessName } from '../../../actors/protocol/ids.js';
import type { Bus, Unlisten } from '../../ports/bus.js';
import { Listeners } from './listeners.js';

/**
 * A Bus between processes of one thread, which share the object. Nothing is lost while the receiver listens; order is kept. `queue`
 * runs what it is given later, in order, and never from within the call.
 */
export class MemoryBus implements Bus {
  private readonly listeners = new Listeners();

  constructor(private readonly queue: (run: () => void) => void) {}

  send(to: ProcessName, _topic: string, bytes: Uint8Array, unreachable: (() => void) | null): void {
    this.queue(() => {
      const receive = this.listeners.at(to);
      if (receive !== null) receive(bytes);
      else unreachable?.();
    });
  }

  broadcast(_topic: string, bytes: Uint8Array): void {
    this.queue(() => {
      for (const receive of this.listeners.all()) receive(bytes);
    });
  }

  listen(process: ProcessName, receive: (bytes: Uint8Array) => void): Unlisten {
    return this.listeners.add(process, receive);
  }
}
