import type { SlotAddress } from '../../../actors/protocol/ids.js';
import type { DataLinks, Unlisten } from '../../ports/bus.js';
import { Listeners } from './listeners.js';

/**
 * DataLinks between slots of one thread, which share the object. Frames to a slot that does not listen are lost. `queue` runs what it
 * is given later, in order, and never from within the call.
 */
export class MemoryDataLinks implements DataLinks {
  private readonly listeners = new Listeners();

  constructor(private readonly queue: (run: () => void) => void) {}

  send(_from: SlotAddress, to: SlotAddress, frame: Uint8Array): void {
    const name = slotName(to);
    this.queue(() => this.listeners.at(name)?.(frame));
  }

  listen(slot: SlotAddress, receive: (frame: Uint8Array) => void): Unlisten {
    return this.listeners.add(slotName(slot), receive);
  }
}

const slotName = ({ process, incarnation, slot }: SlotAddress): string => `${process}@${incarnation}/${slot}`;
