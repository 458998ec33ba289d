import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { SlotAddress } from '../../../actors/protocol/ids.js';
import type { DataLinks, Unlisten } from '../../ports/bus.js';
import { Listeners } from '../../transport/memory/listeners.js';
import type { RemoteLinks } from './remote-links.js';

/** How a slot is named among the slots of all processes. */
export const slotName = ({ process, incarnation, slot }: SlotAddress): string => `${process}@${incarnation}/${slot}`;

/**
 * DataLinks of the thread of one slot. Frames to another thread go through a channel of their own, made at the first frame, and are
 * transferred: the sender's view of a frame is empty afterwards, and no third thread touches it. A channel ends with either thread;
 * what was in it is lost, and the next frame makes a new one. Frames that another process has to get go through `remote`, if there is one.
 */
export class ThreadLinks implements DataLinks {
  private readonly listeners = new Listeners();
  private readonly outgoing = new Map<string, MessagePort>();
  private readonly incoming = new Set<MessagePort>();

  constructor(
    /** Hands one end of a new channel to whoever holds the slot, or closes it when nobody does. */
    private readonly connect: (to: SlotAddress, port: MessagePort) => void,
    private readonly remote: RemoteLinks | null,
  ) {}

  send(from: SlotAddress, to: SlotAddress, frame: Uint8Array): void {
    if (this.remote !== null && to.process !== from.process) return this.remote.send(from, to, frame);
    const port = this.outgoing.get(slotName(to)) ?? this.open(to);
    const whole = ownsItsBuffer(frame) ? frame : new Uint8Array(frame);
    port.postMessage(whole, [whole.buffer as ArrayBuffer]);
  }

  listen(slot: SlotAddress, receive: (frame: Uint8Array) => void): Unlisten {
    const unlisten = this.listeners.add(slotName(slot), receive);
    const unlistenRemote = this.remote?.listen(slot, receive);
    return () => {
      unlisten();
      unlistenRemote?.();
    };
  }

  /** Takes the other end of a channel that somebody has made to `slot`. */
  accept(slot: SlotAddress, port: MessagePort): void {
    const name = slotName(slot);
    this.incoming.add(port);
    port.on('close', () => this.incoming.delete(port));
    port.on('message', (frame: Uint8Array) => this.listeners.at(name)?.(frame));
  }

  /** Ends every channel, so that none keeps this thread alive. */
  close(): void {
    for (const port of [...this.outgoing.values(), ...this.incoming]) port.close();
    this.remote?.close();
  }

  private open(to: SlotAddress): MessagePort {
    const name = slotName(to);
    const { port1, port2 } = new MessageChannel();
    this.outgoing.set(name, port1);
    port1.on('close', () => {
      if (this.outgoing.get(name) === port1) this.outgoing.delete(name);
    });
    this.connect(to, port2);
    return port1;
  }
}

/** A buffer is transferred as a whole: one that others have views on must not be. */
const ownsItsBuffer = ({ byteLength, buffer }: Uint8Array): boolean =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
