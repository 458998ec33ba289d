import { invariant } from '../../../actors/kernel/invariant.js';
import type { SlotAddress } from '../../../actors/protocol/ids.js';
import type { DataLinks, Unlisten } from '../../ports/bus.js';
import { deliver } from './deliver.js';
import type { NatsLink } from './nats-link.js';
import { dataSubject, isSlotAddress } from './subjects.js';

/**
 * DataLinks over core NATS, on a data connection. NATS keeps the order from one connection to another, so all slots of a sender that
 * must keep order share one link. Frames sent while the connection is down are lost, and so is what was under way when it broke: the
 * channels see the gap. A frame that comes from NATS is a view into what was read from the socket, at any alignment.
 */
export class NatsDataLinks implements DataLinks {
  private readonly subjects = new WeakMap<SlotAddress, string>();

  constructor(private readonly link: NatsLink) {}

  send(_from: SlotAddress, to: SlotAddress, frame: Uint8Array): void {
    const { link } = this;
    if (!link.up) return;
    if (frame.byteLength > link.payloadBytesMax) {
      const message = `A frame of ${frame.byteLength} bytes was not sent: the NATS server takes ${link.payloadBytesMax}. Raise its max_payload.`;
      return link.tell('FRAME_TOO_LARGE', message);
    }
    link.connection.publish(this.subjectOf(to), frame);
  }

  listen(slot: SlotAddress, receive: (frame: Uint8Array) => void): Unlisten {
    const subscription = this.link.connection.subscribe(this.subjectOf(slot), {
      callback: (error, message) => {
        if (error === null) deliver(receive, message.data);
      },
    });
    return () => subscription.unsubscribe();
  }

  /** Addresses come from the leader and are kept by the channels, so each is made into a subject once. */
  private subjectOf(slot: SlotAddress): string {
    let subject = this.subjects.get(slot);
    if (subject === undefined) {
      invariant(isSlotAddress(slot), 'not the address of a slot', slot);
      subject = dataSubject(this.link.cluster, slot);
      this.subjects.set(slot, subject);
    }
    return subject;
  }
}
