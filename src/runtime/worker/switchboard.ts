import type { MessagePort } from 'node:worker_threads';
import type { SlotAddress } from '../../../actors/protocol/ids.js';
import type { Unlisten } from '../../ports/bus.js';
import { slotName } from './thread-links.js';

/** Gives the thread of a slot the end of a channel through which frames for it will come. */
type Accept = (to: SlotAddress, port: MessagePort) => void;

/**
 * Connects the threads of the slots that live in one process of the operating system, of however many task managers. It takes part
 * in the making of a channel only: frames pass it by.
 */
export class Switchboard {
  private readonly bySlot = new Map<string, { readonly accept: Accept }>();

  /** The thread that is attached last holds the slot. */
  attach(slot: SlotAddress, accept: Accept): Unlisten {
    const name = slotName(slot);
    const entry = { accept };
    this.bySlot.set(name, entry);
    return () => {
      if (this.bySlot.get(name) === entry) this.bySlot.delete(name);
    };
  }

  /** Where no thread holds the slot the channel is closed, and what is in it is lost, as on a broken connection. */
  connect(to: SlotAddress, port: MessagePort): void {
    const entry = this.bySlot.get(slotName(to));
    if (entry === undefined) port.close();
    else entry.accept(to, port);
  }
}
